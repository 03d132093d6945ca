package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// DeleteConversation ends a conversation for everyone.
func (s *Service) DeleteConversation(ctx context.Context, req *chatv1.DeleteConversationRequest) (*emptypb.Empty, error) {
	c, err := s.allowed(ctx, permission.DeleteConversation, req.GetId())
	if err != nil {
		return nil, err
	}
	if err := s.store.DeleteConversation(ctx, c.GetApplicationId(), c.GetId()); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
