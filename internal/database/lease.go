package database

import (
	"context"
	"time"

	"entgo.io/ent/dialect"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/lease"
)

// HoldLease takes a lease for an owner, or holds it on, for a time; none gives it back. It answers whether the owner has it, and
// an ent.ConstraintError where another was the first to have it at all. Time is the database's, so that the clocks of processes
// need not agree; SQLite has none but the machine's, which is now.
func HoldLease(ctx context.Context, tx *ent.Client, on string, now time.Time, name, owner string, ttl time.Duration) (bool, error) {
	at, err := clock(ctx, tx, on, now)
	if err != nil {
		return false, err
	}
	until := at + max(0, ttl).Microseconds()
	n, err := tx.Lease.Update().
		Where(lease.ID(name), lease.Or(lease.Owner(owner), lease.HeldUntilLTE(at))).
		SetOwner(owner).
		SetHeldUntil(until).
		Save(ctx)
	if n == 1 || err != nil {
		return err == nil, err
	}
	known, err := tx.Lease.Query().Where(lease.ID(name)).Exist(ctx)
	if known || err != nil {
		return false, err
	}
	err = tx.Lease.Create().SetID(name).SetOwner(owner).SetHeldUntil(until).Exec(ctx)
	return err == nil, err
}

// clock is now by the database, in microseconds.
func clock(ctx context.Context, tx *ent.Client, on string, now time.Time) (at int64, err error) {
	var query string
	switch on {
	case dialect.Postgres:
		query = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
	case dialect.MySQL:
		query = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"
	default:
		return now.UnixMicro(), nil
	}
	err = EachRow(ctx, tx, query, nil, func() {}, &at)
	return at, err
}
