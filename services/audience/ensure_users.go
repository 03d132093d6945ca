package audience

import (
	"context"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// EnsureUsers notes users whose tokens were seen. What a token says of a user counts only until the host tells of them.
func (s *Service) EnsureUsers(ctx context.Context, req *audiencev1.EnsureUsersRequest) (*audiencev1.EnsureUsersResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkUsers(req.GetUsers()); err != nil {
		return nil, err
	}
	changed, err := s.store.UpsertUsers(ctx, in.applicationID, OriginToken, lastOfEach(req.GetUsers()))
	if err != nil {
		return nil, err
	}
	return &audiencev1.EnsureUsersResponse{ChangedCount: int32(changed)}, nil
}
