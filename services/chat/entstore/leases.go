package entstore

import (
	"context"
	"time"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/internal/database"
)

// HoldLease implements chat.Store.
func (s *Store) HoldLease(ctx context.Context, name, owner string, ttl time.Duration) (held bool, err error) {
	err = s.change(ctx, "hold lease", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		held, err = database.HoldLease(ctx, tx.Client(), s.dialect, f.now, name, owner, ttl)
		return err
	})
	if ent.IsConstraintError(err) {
		return false, nil // Another owner was the first.
	}
	return held && err == nil, err
}
