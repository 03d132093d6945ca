package entstore

import (
	"fmt"
	"time"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/audience"
)

// Config is what a Store is made of.
type Config struct {
	// Write and Read are the database's, migrated.
	Write, Read *ent.Client
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Store is an audience.Store.
type Store struct {
	write, read *ent.Client
	now         func() time.Time
}

var _ audience.Store = (*Store)(nil)

// New makes a Store.
func New(c Config) *Store {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Store{write: c.Write, read: c.Read, now: c.Now}
}

// portion is how many users a statement is about at most: SQLite takes 32,766 variables, of which a user needs 8, and
// other writers wait while it runs.
const portion = 500

// attempts is how often a statement is tried that another process got in the way of.
const attempts = 5

// retry runs a statement until nobody got in its way. That is a deadlock, or a user whom two calls create at the same
// time, each having found that nobody has the id: PostgreSQL looks for conflicts on one unique index only.
func retry(what string, do func() error) error {
	var err error
	for range attempts {
		if err = do(); !database.ShouldRetry(err) && !ent.IsConstraintError(err) {
			break
		}
	}
	switch {
	case err == nil:
		return nil
	case database.IsUnavailable(err):
		return fmt.Errorf("%s: %w: %w", what, audience.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
