package entstore

import (
	"context"
	"time"

	"entgo.io/ent/dialect"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/lease"
)

// HoldLease implements chat.Store.
func (s *Store) HoldLease(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	held := false
	err := s.change(ctx, "hold lease", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		now, err := s.databaseTime(ctx, tx, f)
		if err != nil {
			return err
		}
		until := now + max(0, ttl).Microseconds()
		mine := lease.And(lease.ID(name), lease.Or(lease.Owner(owner), lease.HeldUntilLTE(now)))
		n, err := tx.Lease.Update().Where(mine).SetOwner(owner).SetHeldUntil(until).Save(ctx)
		if held = n == 1; held || err != nil {
			return err
		}
		known, err := tx.Lease.Query().Where(lease.ID(name)).Exist(ctx)
		if known || err != nil {
			return err
		}
		held = true
		return tx.Lease.Create().SetID(name).SetOwner(owner).SetHeldUntil(until).Exec(ctx)
	})
	if ent.IsConstraintError(err) {
		// Another owner was the first.
		return false, nil
	}
	return held && err == nil, err
}

// databaseTime is now by the database's clock, in microseconds. SQLite's is that of the machine.
func (s *Store) databaseTime(ctx context.Context, tx *ent.Tx, f *feed) (int64, error) {
	switch s.dialect {
	case dialect.Postgres:
		return queryInt64(ctx, tx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
	case dialect.MySQL:
		return queryInt64(ctx, tx, "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)")
	default:
		return f.at(), nil
	}
}
