package entstore

import (
	"context"
	"time"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/lease"
)

// HoldLease implements moderation.Store, by the clock of the process: those of two may differ by less than a lease is long.
func (s *Store) HoldLease(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	now := s.now()
	held := false
	err := retry("hold lease", func() error {
		n, err := s.write.Lease.Update().
			Where(lease.ID(name), lease.Or(lease.Owner(owner), lease.HeldUntilLTE(now.UnixMicro()))).
			SetOwner(owner).
			SetHeldUntil(now.Add(max(0, ttl)).UnixMicro()).
			Save(ctx)
		if held = n == 1; held || err != nil {
			return err
		}
		known, err := s.write.Lease.Query().Where(lease.ID(name)).Exist(ctx)
		if known || err != nil {
			return err
		}
		err = s.write.Lease.Create().SetID(name).SetOwner(owner).SetHeldUntil(now.Add(max(0, ttl)).UnixMicro()).Exec(ctx)
		if ent.IsConstraintError(err) {
			return nil // Another owner was the first.
		}
		held = err == nil
		return err
	})
	return held && err == nil, err
}
