package audience

import (
	"context"

	"google.golang.org/grpc"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
)

// defaultAudiencePage is how many users a page of ResolveAudience has when nobody said.
const defaultAudiencePage = 1000

// ResolveAudience streams the users whom the targets choose, each once, in pages ordered by user id.
//
// Every page is a query of its own that starts after the last user of the one before: no more than a page is in memory
// whatever the size of the audience, and no transaction is held open for a reader that is slow. Users who come and go
// meanwhile may be in it or not.
func (s *Service) ResolveAudience(req *audiencev1.ResolveAudienceRequest, stream grpc.ServerStreamingServer[audiencev1.ResolveAudienceResponse]) error {
	ctx := stream.Context()
	query, err := audienceQuery(ctx, req)
	if err != nil {
		return err
	}
	for {
		page, err := s.store.ListUsers(ctx, query)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		if err := stream.Send(&audiencev1.ResolveAudienceResponse{Users: page}); err != nil {
			return err
		}
		if len(page) < query.Limit {
			return nil
		}
		query.After = page[len(page)-1].GetUserId()
	}
}

func audienceQuery(ctx context.Context, req *audiencev1.ResolveAudienceRequest) (UsersQuery, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return UsersQuery{}, err
	}
	if after := req.GetAfterUserId(); after != "" && !auth.ValidUserID(after) {
		return UsersQuery{}, invalid("afterUserId", "is not a user id")
	}
	chosen, err := selections(req.GetTargets())
	if err != nil {
		return UsersQuery{}, err
	}
	for _, selection := range chosen {
		if err := in.confine(selection); err != nil {
			return UsersQuery{}, err
		}
	}
	return UsersQuery{
		ApplicationID: in.applicationID,
		AnyOf:         chosen,
		After:         req.GetAfterUserId(),
		Limit:         orDefault(req.GetPageSize(), defaultAudiencePage),
	}, nil
}
