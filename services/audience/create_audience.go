package audience

import (
	"context"
	"slices"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
)

// CreateAudience keeps whom an announcement is addressed to. A component of Palabre calls it in the author's name, so that
// what the author may target is decided where the directory is; an author who calls it themselves has no announcement.
func (s *Service) CreateAudience(ctx context.Context, req *audiencev1.CreateAudienceRequest) (*audiencev1.Audience, error) {
	author, _ := auth.FromContext(ctx)
	if author.Peer == "" {
		return nil, notAllowed("Audiences come with announcements: create one.")
	}
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := in.selections(req.GetTargets())
	if err != nil {
		return nil, err
	}
	return s.store.CreateAudience(ctx, in.applicationID, &audiencev1.Audience{
		ConversationId: req.GetConversationId(),
		AuthorId:       author.UserID,
		Targets:        normalized(req.GetTargets(), chosen),
		Everyone:       slices.Contains(chosen, Selection{}),
	})
}
