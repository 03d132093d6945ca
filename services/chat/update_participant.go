package chat

import (
	"context"
	"errors"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// UpdateParticipant changes a participant's role or canReply.
func (s *Service) UpdateParticipant(ctx context.Context, req *chatv1.UpdateParticipantRequest) (*chatv1.Participant, error) {
	c, member, err := s.visible(ctx, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	if err := s.mayUpdate(ctx, c, member, req); err != nil {
		return nil, err
	}
	changed, err := s.store.UpdateParticipant(ctx, c.GetApplicationId(), c.GetId(), req.GetParticipantId(), func(p *chatv1.Participant) {
		if req.Role != nil {
			p.Role = req.GetRole()
		}
		if req.CanReply != nil {
			p.CanReply = req.CanReply
		}
		if req.GetClearCanReply() {
			p.CanReply = nil
		}
	})
	if errors.Is(err, ErrNotFound) {
		return nil, notFound("participant")
	}
	if err != nil {
		return nil, err
	}
	s.names.fill(ctx, c.GetApplicationId(), []*chatv1.Participant{changed})
	return changed, nil
}

// mayUpdate answers nil when the caller may make every change that is asked for.
func (s *Service) mayUpdate(ctx context.Context, c *chatv1.Conversation, member *chatv1.Participant, req *chatv1.UpdateParticipantRequest) error {
	if req.Role != nil {
		if err := s.may(ctx, permission.ChangeRole, c, member); err != nil {
			return err
		}
	}
	if req.Role != nil && req.CanReply == nil && !req.GetClearCanReply() {
		return nil
	}
	return s.may(ctx, permission.SetCanReply, c, member)
}
