package entstore

import (
	"context"
	"slices"

	"github.com/palabre/palabre/ent/user"
	"github.com/palabre/palabre/services/audience"
)

// DeleteUsers implements audience.Store.
func (s *Store) DeleteUsers(ctx context.Context, applicationID string, from audience.Origin, userIDs []string) (deleted int, err error) {
	userIDs = slices.Sorted(slices.Values(userIDs)) // In the order of UpsertUsers, so that neither locks the other out.
	for some := range slices.Chunk(slices.Compact(userIDs), portion) {
		err := retry("delete users", func() error {
			theirs := s.write.User.Delete().Where(named(applicationID, some))
			if from != audience.AnyOrigin {
				theirs.Where(user.Source(string(from)))
			}
			gone, err := theirs.Exec(ctx)
			deleted += gone
			return err
		})
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}
