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
	query, err := s.audienceQuery(ctx, req)
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

func (s *Service) audienceQuery(ctx context.Context, req *audiencev1.ResolveAudienceRequest) (UsersQuery, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return UsersQuery{}, err
	}
	if after := req.GetAfterUserId(); after != "" && !auth.ValidUserID(after) {
		return UsersQuery{}, invalid("afterUserId", "is not a user id")
	}
	chosen, err := s.chosen(ctx, in, req)
	return UsersQuery{
		ApplicationID: in.applicationID,
		AnyOf:         chosen,
		After:         req.GetAfterUserId(),
		Limit:         orDefault(req.GetPageSize(), defaultAudiencePage),
	}, err
}

// chosen answers whom a request asks for, by targets or by the announcement that has them.
func (s *Service) chosen(ctx context.Context, in scope, req *audiencev1.ResolveAudienceRequest) ([]Selection, error) {
	byTargets, byAnnouncement := len(req.GetTargets()) > 0, req.GetConversationId() != ""
	switch {
	case byTargets == byAnnouncement:
		return nil, invalid("targets", "are required, or a conversationId in their place")
	case byTargets:
		return in.selections(req.GetTargets())
	}
	if p, _ := auth.FromContext(ctx); p.Kind != auth.KindPeer {
		return nil, notAllowed("An announcement's audience is resolved for components of Palabre only.")
	}
	a, err := s.store.GetAudience(ctx, in.applicationID, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	// One whose targets are gone, since it is being deleted, is not everyone's.
	if len(a.GetTargets()) == 0 {
		return nil, ErrNotFound
	}
	return selectionsOf(a), nil
}
