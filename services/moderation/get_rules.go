package moderation

import (
	"context"
	"errors"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// GetRules answers the rules of the caller's application: those in force, or those of an earlier version.
func (s *Service) GetRules(ctx context.Context, req *moderationv1.GetRulesRequest) (*moderationv1.Rules, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	if req.Version != nil && req.GetVersion() == 0 {
		return s.configuredRules(application), nil
	}
	rules, err := s.store.GetRules(ctx, application, req.GetVersion())
	if errors.Is(err, ErrNotFound) && req.Version == nil {
		return s.configuredRules(application), nil
	}
	return rules, err
}

// configuredRules are those that are in force until others are set.
func (s *Service) configuredRules(application string) *moderationv1.Rules {
	if rules, ok := s.configured[application]; ok {
		return completed(rules)
	}
	return &moderationv1.Rules{}
}
