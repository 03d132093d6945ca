package entstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/moderation"
)

// Config is what a Store is made of.
type Config struct {
	// Database is where the data is, migrated.
	Database *database.DB
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Store is a moderation.Store.
type Store struct {
	write, read *ent.Client
	// dialect is ent's name of the kind of database.
	dialect string
	now     func() time.Time
}

var _ moderation.Store = (*Store)(nil)

// New makes a Store.
func New(c Config) *Store {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Store{write: c.Database.Write, read: c.Database.Read, dialect: c.Database.Dialect(), now: c.Now}
}

// attempts is how often a statement is tried that another process got in the way of.
const attempts = 10

// retry runs a statement until nobody got in its way. That is a deadlock, or a row which two calls create at the same
// time, each having found that there is none.
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
	case database.IsUnavailable(err) && !errors.Is(err, moderation.ErrUnavailable):
		return fmt.Errorf("%s: %w: %w", what, moderation.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
