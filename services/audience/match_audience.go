package audience

import (
	"context"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// MatchAudience says whether a user is in an announcement's audience, as the directory is now.
func (s *Service) MatchAudience(ctx context.Context, req *audiencev1.MatchAudienceRequest) (*audiencev1.MatchAudienceResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	target, err := s.match(ctx, in.applicationID, req.GetConversationId(), req.GetUserId())
	if err != nil {
		return nil, err
	}
	return &audiencev1.MatchAudienceResponse{TargetId: target.GetId()}, nil
}

// match answers the first target that chooses a user, nil when none does. Errors: ErrNotFound for the announcement.
func (s *Service) match(ctx context.Context, applicationID, conversationID, userID string) (*audiencev1.AudienceTarget, error) {
	a, err := s.store.GetAudience(ctx, applicationID, conversationID)
	if err != nil {
		return nil, err
	}
	user, err := s.user(ctx, applicationID, userID)
	if err != nil {
		return nil, err
	}
	for _, t := range a.GetTargets() {
		if chosenBy(t).chooses(user) {
			return t, nil
		}
	}
	return nil, nil
}

// user answers what the directory says of a user; of one it does not know, the id alone.
func (s *Service) user(ctx context.Context, applicationID, userID string) (*audiencev1.User, error) {
	found, err := s.store.ListUsers(ctx, UsersQuery{ApplicationID: applicationID, UserIDs: []string{userID}, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return &audiencev1.User{UserId: userID}, nil
	}
	return found[0], nil
}

// chooses says whether a user is among those chosen.
func (s Selection) chooses(u *audiencev1.User) bool {
	return (s.Role == "" || s.Role == u.GetRole()) && (s.EntityID == "" || s.EntityID == u.GetEntityId())
}
