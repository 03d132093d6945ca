package entstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/services/chat"
)

// Config is what a Store is made of.
type Config struct {
	// Database is where the data is, migrated.
	Database *database.DB
	// Bell is rung after events were committed, and Announced when there are announcements' among them; nil for none.
	Bell, Announced *outbox.Doorbell
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Registerer gets the metrics; nil for none.
	Registerer prometheus.Registerer
}

// Store is a chat.Store.
type Store struct {
	database *database.DB
	write    *ent.Client
	read     *ent.Client
	// Whether rows can be locked. SQLite has one writer at a time, so there is nothing to lock against.
	rowLocks  bool
	dialect   string
	bell      *outbox.Doorbell
	announced *outbox.Doorbell
	now       func() time.Time
	committer *committer
	recent    *recent
	outlines  *recent
	narrow    *narrow
	repeats   repeats
	texts     queryTexts
	metrics   *metrics
}

var _ chat.Store = (*Store)(nil)

// New makes a Store.
func New(c Config) *Store {
	s := &Store{
		database:  c.Database,
		write:     c.Database.Write,
		read:      c.Database.Read,
		rowLocks:  c.Database.Dialect() != dialect.SQLite,
		dialect:   c.Database.Dialect(),
		bell:      c.Bell,
		announced: cmp.Or(c.Announced, new(outbox.Doorbell)),
		now:       c.Now,
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.recent, s.outlines = &recent{now: s.now, age: recentAge}, &recent{now: s.now, age: outlineAge}
	s.narrow = &narrow{}
	s.metrics = newMetrics(c.Registerer)
	transactions := mostAtOnce
	if !s.rowLocks {
		transactions = 1 // SQLite has one writer.
	}
	s.committer = newCommitter(transactions, s.commitBatch, s.metrics)
	return s
}

// A transaction that has begun is finished whether its caller waits or not, within this time; and tried again this
// often when the database undoes it because of another.
const (
	transactionTime     = 15 * time.Second
	transactionAttempts = 5
)

// change runs a transaction, and rings the bell when it committed events.
func (s *Store) change(ctx context.Context, what string, do func(context.Context, *ent.Tx, *feed) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.attempt(context.WithoutCancel(ctx), what, func(ctx context.Context) error { return s.try(ctx, do) })
}

// attempt runs a transaction, again when another one is why it was undone. SQLite needs no limit but that on waiting for its
// lock, and its driver takes a goroutine for each statement that has another.
func (s *Store) attempt(ctx context.Context, what string, try func(context.Context) error) error {
	if s.dialect != dialect.SQLite {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, transactionTime)
		defer cancel()
	}
	var err error
	for range transactionAttempts {
		if err = try(ctx); err == nil || !database.ShouldRetry(err) {
			break
		}
	}
	return wrap(what, err)
}

func (s *Store) try(ctx context.Context, do func(context.Context, *ent.Tx, *feed) error) error {
	tx, err := s.write.Tx(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of no effect once committed
	events := s.newFeed()
	if err := do(ctx, tx, events); err != nil {
		return err
	}
	if events.rewrites {
		s.recent.forget()
		s.outlines.forget()
	}
	if err := events.finish(ctx, tx, s.dialect); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.committed(events)
	return nil
}

func (s *Store) newFeed() *feed { return &feed{now: s.now()} }

// committed remembers the events of a transaction, and rings the bells.
func (s *Store) committed(f *feed) {
	if len(f.rows) == 0 {
		return
	}
	if written := f.run(); written != nil {
		s.recent.put(written)
		s.outlines.put(written.outline())
	}
	s.bell.Ring()
	if slices.ContainsFunc(f.rows, func(e entry) bool { return e.announced }) {
		s.announced.Ring()
	}
}

// lockConversation reads a conversation for change: until the transaction ends nobody else changes it, its members or
// its messages.
func (s *Store) lockConversation(ctx context.Context, tx *ent.Tx, applicationID, id string) (*ent.Conversation, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, chat.ErrNotFound
	}
	q := tx.Conversation.Query().Where(
		conversation.ID(key), conversation.ApplicationID(applicationID), conversation.DeletedAtIsNil())
	if s.rowLocks {
		q = q.ForUpdate()
	}
	return q.Only(ctx)
}

// wrap says what failed, and turns what callers can tell apart into sentinels.
func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case ent.IsNotFound(err):
		return fmt.Errorf("%s: %w", what, chat.ErrNotFound)
	case database.IsUnavailable(err) && !errors.Is(err, chat.ErrUnavailable):
		return fmt.Errorf("%s: %w: %w", what, chat.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
