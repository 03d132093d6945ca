package moderation

import (
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ForgetMessages takes away what messages and appeals said.
func (s *Service) ForgetMessages(ctx context.Context, req *moderationv1.ForgetMessagesRequest) (*moderationv1.ForgetMessagesResponse, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.store.ForgetReviews(ctx, application, req.GetMessageIds()); err != nil {
		return nil, err
	}
	return &moderationv1.ForgetMessagesResponse{}, nil
}
