package chat

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// AddParticipant brings a user into a group or broadcast.
func (s *Service) AddParticipant(ctx context.Context, req *chatv1.AddParticipantRequest) (*chatv1.Participant, error) {
	c, err := s.allowed(ctx, permission.AddParticipant, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(req.GetUserId(), visitorPrefix) {
		return nil, invalid("userId", "must not begin with anon:, which is kept for visitors")
	}
	newcomer := &chatv1.NewParticipant{UserId: req.GetUserId(), Role: req.GetRole(), CanReply: req.CanReply}
	member, _, err := s.store.AddParticipant(ctx, c.GetApplicationId(),
		newParticipant(c.GetId(), newcomer, timestamppb.New(s.now())))
	if err != nil {
		return nil, err
	}
	s.names.fill(ctx, c.GetApplicationId(), []*chatv1.Participant{member})
	return member, nil
}
