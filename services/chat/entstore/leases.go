package entstore

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/lease"
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

// LeaseSecret implements chat.Store. Of two who ask for the first time, the first makes it up.
func (s *Store) LeaseSecret(ctx context.Context, name string) (string, error) {
	secret, err := s.leaseSecret(ctx, name)
	if secret != "" || err != nil {
		return secret, err
	}
	err = s.change(ctx, "make up lease secret", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		return tx.Lease.Update().Where(lease.ID(name), lease.Secret("")).SetSecret(rand.Text()).Exec(ctx)
	})
	if err != nil {
		return "", err
	}
	return s.leaseSecret(ctx, name)
}

func (s *Store) leaseSecret(ctx context.Context, name string) (string, error) {
	row, err := s.read.Lease.Get(ctx, name)
	if err != nil {
		return "", wrap("lease secret", err)
	}
	return row.Secret, nil
}
