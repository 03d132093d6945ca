package chat

import (
	"context"
	"errors"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// ExportAnonymousUser answers all that is kept of a visitor. Of one who became a user, that is what they wrote since, too.
func (s *Service) ExportAnonymousUser(ctx context.Context, req *chatv1.ExportAnonymousUserRequest) (*chatv1.AnonymousUserExport, error) {
	v, err := s.visitor(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	export := &chatv1.AnonymousUserExport{AnonymousUser: v.AnonymousUser}
	c, _, err := s.store.GetMembership(ctx, v.ApplicationID, v.ConversationID, v.Subject())
	// Of a conversation that was deleted, what the visitor wrote is left.
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if err == nil {
		if export.Conversation, err = s.withParticipants(ctx, c); err != nil {
			return nil, err
		}
	}
	export.Messages, err = s.store.ListMessagesOf(ctx, v.ApplicationID, v.ConversationID, v.Subject())
	return export, err
}
