package entstore

import (
	"context"
	"slices"
)

// DeleteUsers implements audience.Store.
func (s *Store) DeleteUsers(ctx context.Context, applicationID string, userIDs []string) (deleted int, err error) {
	userIDs = slices.Sorted(slices.Values(userIDs)) // In the order of UpsertUsers, so that neither locks the other out.
	for some := range slices.Chunk(slices.Compact(userIDs), portion) {
		err := retry("delete users", func() error {
			gone, err := s.write.User.Delete().Where(named(applicationID, some)).Exec(ctx)
			deleted += gone
			return err
		})
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}
