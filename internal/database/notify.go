package database

import (
	"context"
	"crypto/rand"
	"time"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// Signal tells the other processes on one database that there is something new, where the database can: PostgreSQL, with
// NOTIFY and LISTEN. Elsewhere it does nothing, and others find what is new when they look.
//
// It is a hint and no more: a signal may get lost with a connection.
type Signal struct {
	db      *DB
	name    string
	self    string
	pending chan struct{}
}

const (
	// signalPause is the shortest time between two signals. What happens meanwhile shares the second.
	signalPause = 2 * time.Millisecond
	// relisten is the wait before a connection that was lost is made again.
	relisten = time.Second
	// signalTime bounds the sending of one signal.
	signalTime = 5 * time.Second
)

// NewSignal makes a signal that processes know by its name.
func (db *DB) NewSignal(name string) *Signal {
	return &Signal{db: db, name: name, self: rand.Text(), pending: make(chan struct{}, 1)}
}

// Send tells the other processes, soon, and does not wait for that.
func (s *Signal) Send() {
	select {
	case s.pending <- struct{}{}:
	default: // One is on its way that tells them of this too.
	}
}

// Run sends the signals of this process, and calls heard for those of others, until the context ends.
func (s *Signal) Run(ctx context.Context, heard func()) error {
	if s.db.dialect != dialect.Postgres {
		return nil
	}
	var both errgroup.Group
	both.Go(func() error { s.send(ctx); return nil })
	both.Go(func() error { s.listen(ctx, heard); return nil })
	return both.Wait()
}

// send sends outside of the transactions that it tells of, and after them: NOTIFY within would have all their commits
// wait for one another. A signal that fails is left out; the next may get through.
func (s *Signal) send(ctx context.Context) {
	for pause(ctx, s.pending) {
		attempt, cancel := context.WithTimeout(ctx, signalTime)
		_, _ = s.db.write.ExecContext(attempt, "SELECT pg_notify($1, $2)", s.name, s.self)
		cancel()
		pause(ctx, time.After(signalPause))
	}
}

// listen listens, and connects again whenever the connection is lost.
func (s *Signal) listen(ctx context.Context, heard func()) {
	for ctx.Err() == nil {
		_ = s.listenOnce(ctx, heard)
		pause(ctx, time.After(relisten))
	}
}

// listenOnce listens on one connection until it is lost. It belongs to no pool, since it waits all the time.
func (s *Signal) listenOnce(ctx context.Context, heard func()) error {
	conn, err := pgx.Connect(ctx, s.db.dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{s.name}.Sanitize()); err != nil {
		return err
	}
	heard() // Of what was missed while nobody listened.
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if n.Payload != s.self {
			heard()
		}
	}
}

// pause waits for a channel, and says whether that came before the end of the context.
func pause[T any](ctx context.Context, c <-chan T) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	}
}
