package entstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/audience"
)

// Config is what a Store is made of.
type Config struct {
	// Database is where the data is, migrated.
	Database *database.DB
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Store is an audience.Store.
type Store struct {
	write, read *ent.Client
	// dialect is ent's name of the kind of database, for queries that ent does not build.
	dialect string
	now     func() time.Time
}

var _ audience.Store = (*Store)(nil)

// New makes a Store.
func New(c Config) *Store {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Store{write: c.Database.Write, read: c.Database.Read, dialect: c.Database.Dialect(), now: c.Now}
}

// portion is how many rows a statement is about at most: SQLite takes 32,766 variables, of which a user needs 10, and
// other writers wait while it runs.
const portion = 500

// attempts is how often a statement is tried that another process got in the way of.
const attempts = 5

// retry runs a statement until nobody got in its way. That is a deadlock, or a row which two calls create at the same
// time, each having found that there is none: PostgreSQL looks for conflicts on one unique index only.
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
	case database.IsUnavailable(err) && !errors.Is(err, audience.ErrUnavailable):
		return fmt.Errorf("%s: %w: %w", what, audience.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
