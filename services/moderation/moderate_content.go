package moderation

import (
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ModerateContent judges a content by the application's rules, or by those that come with it, and keeps nothing of it.
func (s *Service) ModerateContent(ctx context.Context, req *moderationv1.ModerateContentRequest) (*moderationv1.Verdict, error) {
	if req.GetRules() != nil {
		return newRuleSet(req.GetRules()).judge(req.GetContent()), nil
	}
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	return s.rulesOf(application).judge(req.GetContent()), nil
}
