package audience

import (
	"context"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// DeleteAudience forgets an announcement. Of one that is not known there is nothing to forget: the same call again
// answers the same.
func (s *Service) DeleteAudience(ctx context.Context, req *audiencev1.DeleteAudienceRequest) (*audiencev1.DeleteAudienceResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.store.DeleteAudience(ctx, in.applicationID, req.GetConversationId()); err != nil {
		return nil, err
	}
	return &audiencev1.DeleteAudienceResponse{}, nil
}
