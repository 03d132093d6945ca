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
	// signalTime bounds the sending of one signal, and whatever else is asked on the way.
	signalTime = 5 * time.Second
	// silence is how long a connection may tell of nothing until it is asked whether it is alive: one that was forgotten on
	// the way stays silent for ever.
	silence = 10 * time.Second
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
	defer hangUp(ctx, conn)
	if err := ask(ctx, conn, "LISTEN "+pgx.Identifier{s.name}.Sanitize()); err != nil {
		return err
	}
	heard() // Of what was missed while nobody listened.
	for {
		from, err := notification(ctx, conn)
		if err != nil {
			return err
		}
		if from != "" && from != s.self {
			heard()
		}
	}
}

// notification waits for the next one, and answers whose it is. It answers "" where none came and the connection is alive.
func notification(ctx context.Context, conn *pgx.Conn) (from string, err error) {
	wait, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	n, err := conn.WaitForNotification(wait)
	switch {
	case err == nil:
		return n.Payload, nil
	case wait.Err() != nil && ctx.Err() == nil:
		return "", ask(ctx, conn, "-- still there?")
	default:
		return "", err
	}
}

// ask waits for the answer to a statement, within signalTime.
func ask(ctx context.Context, conn *pgx.Conn, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, signalTime)
	defer cancel()
	_, err := conn.Exec(ctx, statement)
	return err
}

func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), signalTime)
	defer cancel()
	_ = conn.Close(ctx)
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
