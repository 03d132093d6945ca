package entstore

import (
	"context"
	"time"

	"github.com/palabre/palabre/internal/database"
)

// HoldLease implements moderation.Store.
func (s *Store) HoldLease(ctx context.Context, name, owner string, ttl time.Duration) (held bool, err error) {
	err = retry("hold lease", func() error {
		held, err = database.HoldLease(ctx, s.write, s.dialect, s.now(), name, owner, ttl)
		return err
	})
	return held, err
}
