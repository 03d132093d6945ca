package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// RemoveParticipant takes a participant out, or lets one leave.
func (s *Service) RemoveParticipant(ctx context.Context, req *chatv1.RemoveParticipantRequest) (*emptypb.Empty, error) {
	c, member, err := s.visible(ctx, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	action := permission.RemoveParticipant
	if member.GetId() == req.GetParticipantId() {
		action = permission.Leave
	}
	if err := s.may(ctx, action, c, member); err != nil {
		return nil, err
	}
	if err := s.store.RemoveParticipant(ctx, c.GetApplicationId(), c.GetId(), req.GetParticipantId()); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
