package chat

import (
	"context"
	"errors"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// UpdateParticipant changes a participant's role or canReply.
func (s *Service) UpdateParticipant(ctx context.Context, req *chatv1.UpdateParticipantRequest) (*chatv1.Participant, error) {
	c, err := s.administered(ctx, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	member, err := s.store.UpdateParticipant(ctx, c.GetApplicationId(), c.GetId(), req.GetParticipantId(), func(p *chatv1.Participant) {
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
	s.names.fill(ctx, c.GetApplicationId(), []*chatv1.Participant{member})
	return member, nil
}
