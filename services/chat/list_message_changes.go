package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// maxChangesShown is how many changes of a message are answered.
const maxChangesShown = 200

// ListMessageChanges answers who edited or deleted a message and when, to whoever may see the message.
func (s *Service) ListMessageChanges(ctx context.Context, req *chatv1.ListMessageChangesRequest) (*chatv1.ListMessageChangesResponse, error) {
	m, c, _, err := s.visibleMessage(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	changes, err := s.store.ListMessageChanges(ctx, c.GetApplicationId(), m.GetId(), maxChangesShown)
	if err != nil {
		return nil, err
	}
	return &chatv1.ListMessageChangesResponse{Changes: changes}, nil
}
