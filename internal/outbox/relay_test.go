package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/palabre/palabre/internal/outbox"
)

// table is a table of events whose positions are its indices, from 1.
type table struct {
	mu     sync.Mutex
	rows   []string
	broken int // how many fetches are still to fail
	silent int // how many after them are never to be answered
}

func (t *table) add(row string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, row)
}

func (t *table) fetch(ctx context.Context, after int64, limit int) ([]string, int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken > 0 {
		t.broken--
		return nil, 0, errors.New("database is away")
	}
	if t.silent > 0 {
		t.silent--
		<-ctx.Done()
		return nil, 0, ctx.Err()
	}
	rows := t.rows[min(int(after), len(t.rows)):]
	rows = slices.Clone(rows[:min(limit, len(rows))])
	return rows, after + int64(len(rows)), nil
}

// follow runs a relay in the bubble, and answers what it has delivered so far.
func follow(t *testing.T, rows *table, bell *outbox.Doorbell, after int64) *[]string {
	t.Helper()
	var delivered []string
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- outbox.Relay[string]{
			Fetch:     rows.fetch,
			Deliver:   func(e string) error { delivered = append(delivered, e); return nil },
			Bell:      bell,
			BatchSize: 2,
			Logger:    slog.New(slog.DiscardHandler),
		}.Run(ctx, after)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the relay ended with %v, not with its context", err)
		}
	})
	return &delivered
}

func TestDeliversWhatComesAfterThePositionInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delivered := follow(t, &table{rows: []string{"a", "b", "c", "d", "e"}}, new(outbox.Doorbell), 1)
		synctest.Wait()
		if want := []string{"b", "c", "d", "e"}; !slices.Equal(*delivered, want) {
			t.Errorf("delivered %v, want %v", *delivered, want)
		}
	})
}

func TestARingIsHeardAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, bell := new(table), new(outbox.Doorbell)
		delivered := follow(t, rows, bell, 0)
		synctest.Wait()
		rows.add("a")
		bell.Ring()
		synctest.Wait()
		if !slices.Equal(*delivered, []string{"a"}) {
			t.Errorf("delivered %v without any time passing, want [a]", *delivered)
		}
	})
}

func TestWhatAnotherProcessWroteIsFoundByPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := new(table)
		delivered := follow(t, rows, new(outbox.Doorbell), 0)
		synctest.Wait()
		rows.add("a")
		time.Sleep(250 * time.Millisecond) //nolint:forbidigo // the clock is the bubble's
		synctest.Wait()
		if !slices.Equal(*delivered, []string{"a"}) {
			t.Errorf("delivered %v after a poll, want [a]", *delivered)
		}
	})
}

func TestAFetchThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delivered := follow(t, &table{rows: []string{"a"}, broken: 5}, new(outbox.Doorbell), 0)
		time.Sleep(3 * time.Second) //nolint:forbidigo // the clock is the bubble's
		synctest.Wait()
		if !slices.Equal(*delivered, []string{"a"}) {
			t.Errorf("delivered %v after the database came back, want [a]", *delivered)
		}
	})
}

func TestAFetchThatIsNeverAnsweredIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delivered := follow(t, &table{rows: []string{"a"}, silent: 1}, new(outbox.Doorbell), 0)
		time.Sleep(11 * time.Second) //nolint:forbidigo // the clock is the bubble's
		synctest.Wait()
		if !slices.Equal(*delivered, []string{"a"}) {
			t.Errorf("delivered %v after the network swallowed a fetch, want [a]", *delivered)
		}
	})
}

func TestOnceSomethingCameByPollingMoreIsLookedForSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &table{rows: []string{"a"}}
		delivered := follow(t, rows, new(outbox.Doorbell), 0)
		synctest.Wait()
		rows.add("b")
		time.Sleep(25 * time.Millisecond) //nolint:forbidigo // the clock is the bubble's
		synctest.Wait()
		if !slices.Equal(*delivered, []string{"a", "b"}) {
			t.Errorf("delivered %v soon after, want [a b]", *delivered)
		}
	})
}

func TestAFetchThatCanNeverSucceedEndsTheRelay(t *testing.T) {
	gone := errors.New("the events are gone")
	err := outbox.Relay[string]{
		Fetch:   func(context.Context, int64, int) ([]string, int64, error) { return nil, 0, gone },
		Final:   func(err error) bool { return errors.Is(err, gone) },
		Deliver: func(string) error { return nil },
		Bell:    new(outbox.Doorbell),
		Logger:  slog.New(slog.DiscardHandler),
	}.Run(t.Context(), 0)
	if !errors.Is(err, gone) {
		t.Errorf("it ended with %v", err)
	}
}
