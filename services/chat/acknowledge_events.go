package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// AcknowledgeEvents keeps the cursor up to which a consumer has handled the stream.
func (s *Service) AcknowledgeEvents(ctx context.Context, req *chatv1.AcknowledgeEventsRequest) (*emptypb.Empty, error) {
	position, err := parseCursor(req.GetCursor(), "cursor")
	if err != nil {
		return nil, err
	}
	// Who comes no further is not waited for with pruning, however often it says so; a webhook that is dead starts anew with
	// every process.
	acknowledged, known, err := s.store.ConsumerPosition(ctx, req.GetConsumer())
	if err != nil {
		return nil, err
	}
	if known && acknowledged == position {
		return &emptypb.Empty{}, nil
	}
	if err := s.store.AcknowledgeEvents(ctx, req.GetConsumer(), position); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
