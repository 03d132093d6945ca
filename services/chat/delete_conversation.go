package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// DeleteConversation ends a conversation for everyone.
func (s *Service) DeleteConversation(ctx context.Context, req *chatv1.DeleteConversationRequest) (*emptypb.Empty, error) {
	c, err := s.administered(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	if err := s.store.DeleteConversation(ctx, c.GetApplicationId(), c.GetId()); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
