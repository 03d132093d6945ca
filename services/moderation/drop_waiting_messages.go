package moderation

import (
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// DropWaitingMessages takes messages out of the queue that were never stored.
func (s *Service) DropWaitingMessages(
	ctx context.Context, req *moderationv1.DropWaitingMessagesRequest,
) (*moderationv1.DropWaitingMessagesResponse, error) {
	if err := s.store.DropWaiting(ctx, req.GetMessages()); err != nil {
		return nil, err
	}
	return &moderationv1.DropWaitingMessagesResponse{}, nil
}
