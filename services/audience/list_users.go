package audience

import (
	"context"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// defaultListLimit is how many users a page of ListUsers has when nobody said.
const defaultListLimit = 50

// ListUsers pages through the directory. An entity's admin sees their entity, whether they name it or not.
func (s *Service) ListUsers(ctx context.Context, req *audiencev1.ListUsersRequest) (*audiencev1.ListUsersResponse, error) {
	query, err := usersQuery(ctx, req)
	if err != nil {
		return nil, err
	}
	limit := query.Limit
	query.Limit++ // One more tells whether there is a page after this one.
	users, err := s.store.ListUsers(ctx, query)
	if err != nil {
		return nil, err
	}
	answer := &audiencev1.ListUsersResponse{Users: users}
	if len(users) > limit {
		answer.Users = users[:limit]
		answer.NextPageToken = pageToken(users[limit-1].GetUserId())
	}
	return answer, nil
}

func usersQuery(ctx context.Context, req *audiencev1.ListUsersRequest) (UsersQuery, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return UsersQuery{}, err
	}
	after, err := parsePageToken(req.GetPageToken())
	if err != nil {
		return UsersQuery{}, err
	}
	filter := Selection{Role: req.GetRole(), EntityID: req.GetEntityId()}
	if filter.EntityID == "" {
		filter.EntityID = in.entityID
	}
	if err := checkFilter(filter); err != nil {
		return UsersQuery{}, err
	}
	return UsersQuery{
		ApplicationID: in.applicationID,
		AnyOf:         []Selection{filter},
		UserIDs:       req.GetUserIds(),
		After:         after,
		Limit:         orDefault(req.GetLimit(), defaultListLimit),
	}, in.confine(filter)
}

func checkFilter(filter Selection) error {
	if err := checkID("role", filter.Role); err != nil {
		return err
	}
	return checkID("entityId", filter.EntityID)
}
