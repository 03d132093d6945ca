package moderation

import (
	"context"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// GetRules answers the rules of the caller's application.
func (s *Service) GetRules(ctx context.Context, _ *moderationv1.GetRulesRequest) (*moderationv1.Rules, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(s.rulesOf(application).rules), nil
}
