package audience

import (
	"context"
	"fmt"
	"log/slog"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// UpsertUsers creates users or replaces what is known of them. Of a user who comes twice the last is meant.
func (s *Service) UpsertUsers(ctx context.Context, req *audiencev1.UpsertUsersRequest) (*audiencev1.UpsertUsersResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkUsers(req.GetUsers()); err != nil {
		return nil, err
	}
	changed, err := s.store.UpsertUsers(ctx, in.applicationID, OriginHost, lastOfEach(req.GetUsers()))
	if err != nil {
		return nil, err
	}
	if changed > 0 {
		s.logger.InfoContext(ctx, "users of the directory were created or changed",
			slog.String("application", in.applicationID), slog.Int("given", len(req.GetUsers())), slog.Int("changed", changed))
	}
	return &audiencev1.UpsertUsersResponse{UpsertedCount: int32(changed)}, nil
}

func checkUsers(users []*audiencev1.User) error {
	for i, u := range users {
		path := fmt.Sprintf("users[%d]", i)
		if err := checkID(path+".role", u.GetRole()); err != nil {
			return err
		}
		if err := checkID(path+".entityId", u.GetEntityId()); err != nil {
			return err
		}
	}
	return nil
}

// lastOfEach answers the users as they are given last.
func lastOfEach(users []*audiencev1.User) []*audiencev1.User {
	place := make(map[string]int, len(users))
	distinct := make([]*audiencev1.User, 0, len(users))
	for _, u := range users {
		if i, again := place[u.GetUserId()]; again {
			distinct[i] = u
			continue
		}
		place[u.GetUserId()] = len(distinct)
		distinct = append(distinct, u)
	}
	return distinct
}
