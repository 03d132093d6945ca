package chat

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// AddParticipant brings a user into a group or broadcast.
func (s *Service) AddParticipant(ctx context.Context, req *chatv1.AddParticipantRequest) (*chatv1.Participant, error) {
	c, err := s.administered(ctx, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	if err := hasOpenMembership(c); err != nil {
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

// hasOpenMembership says whether people may be brought in and taken out.
func hasOpenMembership(c *chatv1.Conversation) error {
	switch c.GetType() {
	case chatv1.Conversation_group, chatv1.Conversation_broadcast:
		return nil
	default:
		return rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_NOT_ALLOWED,
			"Who takes part in a conversation of this type does not change.",
			rpcerr.Metadata("type", c.GetType().String()))
	}
}
