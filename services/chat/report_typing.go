package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// ReportTyping passes on that someone types.
func (s *Service) ReportTyping(ctx context.Context, req *chatv1.ReportTypingRequest) (*emptypb.Empty, error) {
	s.typing.tell(ctx, &chatv1.WatchTypingResponse{
		ApplicationId: req.GetApplicationId(), Typing: req.GetTyping(), Origin: req.GetOrigin(),
	})
	return &emptypb.Empty{}, nil
}
