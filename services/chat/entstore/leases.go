package entstore

import (
	"context"
	"time"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/lease"
)

// HoldLease implements chat.Store.
func (s *Store) HoldLease(ctx context.Context, name, owner string, until time.Time) (bool, error) {
	held := false
	err := s.change(ctx, "hold lease", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		mine := lease.And(lease.ID(name), lease.Or(lease.Owner(owner), lease.HeldUntilLT(f.at())))
		n, err := tx.Lease.Update().Where(mine).SetOwner(owner).SetHeldUntil(until.UnixMicro()).Save(ctx)
		if held = n == 1; held || err != nil {
			return err
		}
		known, err := tx.Lease.Query().Where(lease.ID(name)).Exist(ctx)
		if known || err != nil {
			return err
		}
		held = true
		return tx.Lease.Create().SetID(name).SetOwner(owner).SetHeldUntil(until.UnixMicro()).Exec(ctx)
	})
	if ent.IsConstraintError(err) {
		// Another owner was the first.
		return false, nil
	}
	return held && err == nil, err
}
