package audience

import (
	"context"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// defaultUserAudiences is how many announcements ListUserAudiences answers when nobody said.
const defaultUserAudiences = 200

// ListUserAudiences pages through the announcements that address a user, as the directory is now.
func (s *Service) ListUserAudiences(ctx context.Context, req *audiencev1.ListUserAudiencesRequest) (*audiencev1.ListUserAudiencesResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	user, err := s.user(ctx, in.applicationID, req.GetUserId())
	if err != nil {
		return nil, err
	}
	limit := orDefault(req.GetLimit(), defaultUserAudiences)
	audiences, err := s.store.ListUserAudiences(ctx, UserAudiencesQuery{
		ApplicationID: in.applicationID,
		Role:          user.GetRole(),
		EntityID:      user.GetEntityId(),
		Before:        req.GetBeforeConversationId(),
		Limit:         limit + 1, // One more tells whether there are older ones.
	})
	if err != nil {
		return nil, err
	}
	return &audiencev1.ListUserAudiencesResponse{
		Audiences: audiences[:min(limit, len(audiences))],
		More:      len(audiences) > limit,
	}, nil
}
