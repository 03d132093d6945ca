package chat

import (
	"context"
	"errors"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// themself is how a caller names their own participant, whose id they need not know.
const themself = "me"

// RemoveParticipant takes a participant out, or lets one leave.
func (s *Service) RemoveParticipant(ctx context.Context, req *chatv1.RemoveParticipantRequest) (*emptypb.Empty, error) {
	c, member, err := s.visible(ctx, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	id := req.GetParticipantId()
	if id == themself {
		if _, err := subject(caller(ctx)); err != nil {
			return nil, err
		}
		id = member.GetId()
	}
	action := permission.RemoveParticipant
	if id == member.GetId() {
		action = permission.Leave
	}
	if err := s.may(ctx, action, c, member); err != nil {
		return nil, err
	}
	err = s.store.RemoveParticipant(ctx, c.GetApplicationId(), c.GetId(), id)
	if errors.Is(err, ErrNotFound) {
		return nil, notFound("participant")
	}
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
