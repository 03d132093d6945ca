package moderation

import (
	"cmp"
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// defaultDays is of how many days statistics are that say nothing else.
const defaultDays = 30

// GetModerationStats answers how often the rules of the caller's application hit. What other processes counted in the last
// seconds is not in it yet.
func (s *Service) GetModerationStats(ctx context.Context, req *moderationv1.GetModerationStatsRequest) (*moderationv1.GetModerationStatsResponse, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.tally.write(ctx, s.store); err != nil {
		return nil, err
	}
	days := cmp.Or(req.GetDays(), defaultDays)
	stats, err := s.store.RuleStats(ctx, application, DayOf(s.now())-Day(days)+1)
	if err != nil {
		return nil, err
	}
	return &moderationv1.GetModerationStatsResponse{Rules: stats}, nil
}
