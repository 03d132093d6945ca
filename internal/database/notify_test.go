package database_test

import (
	"context"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

// process is a process's part in a signal.
type process struct {
	*database.Signal
	heard chan time.Time
}

// listens runs a signal as a process of its own does, and returns once it listens.
func listens(t *testing.T, url string) process {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	p := process{db.NewSignal("events"), make(chan time.Time, 100)}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx, func() { p.heard <- time.Now() }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	p.hears(t) // It begins with one for what it may have missed.
	return p
}

func (p process) hears(t *testing.T) time.Time {
	t.Helper()
	select {
	case at := <-p.heard:
		return at
	case <-time.After(patience):
		t.Fatal("nothing is heard")
		return time.Time{}
	}
}

func TestASignalIsHeardByOtherProcessesAndNotByItsOwn(t *testing.T) {
	url := servers.Postgres(t)
	a, b := listens(t, url), listens(t, url)
	a.Send()
	b.hears(t)
	b.Send()
	a.hears(t)
	if len(a.heard)+len(b.heard) != 0 {
		t.Errorf("a heard %d more, b %d", len(a.heard), len(b.heard))
	}
}

func TestManySignalsAtOnceAreFewNotifications(t *testing.T) {
	url := servers.Postgres(t)
	a, b := listens(t, url), listens(t, url)
	began := time.Now()
	for range 10_000 {
		a.Send()
	}
	last, heard := b.hears(t), 1
	for quiet := false; !quiet; {
		select {
		case last = <-b.heard:
			heard++
		case <-time.After(100 * time.Millisecond):
			quiet = true
		}
	}
	t.Logf("10,000 signals were heard as %d, the last after %v", heard, last.Sub(began))
	if heard > 100 {
		t.Errorf("they were heard as %d", heard)
	}
}

func TestASignalIsHeardAgainAfterTheDatabaseCameBack(t *testing.T) {
	server := servers.StartPostgres(t)
	url := server.Database(t)
	a, b := listens(t, url), listens(t, url)
	server.Restart()
	a.hears(t) // Both listen once more, and look for what they missed.
	b.hears(t)
	a.Send()
	b.hears(t)
}

func TestWithoutNotificationsASignalDoesNothing(t *testing.T) {
	for _, engine := range []string{dialect.SQLite, dialect.MySQL} {
		db, err := database.Open(t.Context(), database.Config{URL: engines[engine](t)})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		signal := db.NewSignal("events")
		signal.Send()
		signal.Send()
		if err := signal.Run(t.Context(), func() { t.Error("something was heard") }); err != nil {
			t.Error(err)
		}
	}
}
