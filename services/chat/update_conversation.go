package chat

import (
	"context"
	"strings"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// UpdateConversation changes a conversation's title or expiry date. A date that is over ends the conversation at once.
func (s *Service) UpdateConversation(ctx context.Context, req *chatv1.UpdateConversationRequest) (*chatv1.Conversation, error) {
	if req.GetExpiryDate() != nil && req.GetClearExpiryDate() {
		return nil, invalid("clearExpiryDate", "goes without expiryDate: one sets it, the other takes it away")
	}
	title, err := s.newTitle(ctx, req)
	if err != nil {
		return nil, err
	}
	return s.changeConversation(ctx, permission.ChangeSettings, req.GetId(), func(c *chatv1.Conversation) error {
		if req.Title != nil {
			c.Title = title
		}
		if req.GetExpiryDate() != nil {
			c.ExpiryDate = req.GetExpiryDate()
		}
		if req.GetClearExpiryDate() {
			c.ExpiryDate = nil
		}
		return nil
	})
}

// newTitle is the title that is asked for, as the rules let people see it.
func (s *Service) newTitle(ctx context.Context, req *chatv1.UpdateConversationRequest) (string, error) {
	if req.Title == nil {
		return "", nil
	}
	c, err := s.allowed(ctx, permission.ChangeSettings, req.GetId())
	if err != nil {
		return "", err
	}
	return s.moderateText(ctx, "title", strings.TrimSpace(req.GetTitle()), c.GetType())
}

// changeConversation makes a change where the caller may.
func (s *Service) changeConversation(ctx context.Context, action permission.Action, id string, change func(*chatv1.Conversation) error) (*chatv1.Conversation, error) {
	if _, err := s.allowed(ctx, action, id); err != nil {
		return nil, err
	}
	c, err := s.store.UpdateConversation(ctx, caller(ctx).ApplicationID, id, change)
	if err != nil {
		return nil, err
	}
	return s.withParticipants(ctx, c)
}
