package moderation

import (
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// SettleDecisions notes that decisions were carried out.
func (s *Service) SettleDecisions(ctx context.Context, req *moderationv1.SettleDecisionsRequest) (*moderationv1.SettleDecisionsResponse, error) {
	if err := s.store.SettleDecisions(ctx, req.GetDecisions()); err != nil {
		return nil, err
	}
	s.bell.Ring() // There may be more decisions than a watcher is given at once.
	return &moderationv1.SettleDecisionsResponse{}, nil
}
