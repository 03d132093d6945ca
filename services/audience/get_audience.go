package audience

import (
	"context"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// GetAudience answers whom an announcement is addressed to.
func (s *Service) GetAudience(ctx context.Context, req *audiencev1.GetAudienceRequest) (*audiencev1.Audience, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	return s.store.GetAudience(ctx, in.applicationID, req.GetConversationId())
}
