package outbox

import (
	"context"
	"log/slog"
	"time"
)

// Relay delivers events in the order of their positions, each at least once.
type Relay[Event any] struct {
	// Fetch answers events after a position, oldest first, at most limit of them, and the position of the last.
	Fetch func(ctx context.Context, after int64, limit int) (events []Event, last int64, err error)
	// FetchTime bounds one fetch, since a database that has vanished answers nothing, not even that. 10 s when zero.
	FetchTime time.Duration
	// Final says that a fetch which failed like this will never succeed, and ends the relay. None does when it is nil.
	Final func(error) bool
	// Deliver handles one event. Its error ends the relay.
	Deliver func(Event) error
	// Bell is rung when there may be more.
	Bell *Doorbell
	// Poll is how often to look without a ring when nothing comes, for what other processes wrote. 200 ms when zero. Once
	// something has come without a ring, it looks soon again, since more may follow.
	Poll time.Duration
	// BatchSize is how many events are fetched at once. 256 when zero.
	BatchSize int
	// Logger hears of fetches that failed.
	Logger *slog.Logger
}

// The waits between fetches that fail double from the first to the last.
const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// firstPoll is the wait after something came; it doubles up to Poll while nothing does.
const firstPoll = 20 * time.Millisecond

// Run delivers what comes after a position, until the context ends or Deliver fails, and answers why. A fetch that fails
// is tried again, unless it is final: the events are not going anywhere.
func (r Relay[Event]) Run(ctx context.Context, after int64) error {
	retry, wait := firstRetry, r.poll()
	for {
		rung := r.Bell.Next()
		events, last, err := r.fetch(ctx, after)
		if err != nil && r.Final != nil && r.Final(err) {
			return err
		}
		if err != nil {
			if ctx.Err() == nil {
				r.Logger.WarnContext(ctx, "events could not be fetched", "error", err, "retry_in", retry)
			}
			if err := pause(ctx, retry, nil); err != nil {
				return err
			}
			retry = min(2*retry, lastRetry)
			continue
		}
		retry = firstRetry
		for _, event := range events {
			if err := r.Deliver(event); err != nil {
				return err
			}
		}
		after = max(after, last)
		if len(events) == r.batchSize() {
			continue
		}
		if wait *= 2; len(events) > 0 {
			wait = firstPoll
		}
		wait = min(wait, r.poll())
		if err := pause(ctx, wait, rung); err != nil {
			return err
		}
	}
}

func (r Relay[Event]) fetch(ctx context.Context, after int64) ([]Event, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, r.fetchTime())
	defer cancel()
	return r.Fetch(ctx, after, r.batchSize())
}

// pause waits for a time or for a ring, and answers why the context ended if it did.
func pause(ctx context.Context, d time.Duration, rung <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-rung:
	case <-timer.C:
	}
	return nil
}

func (r Relay[Event]) poll() time.Duration {
	if r.Poll > 0 {
		return r.Poll
	}
	return 200 * time.Millisecond
}

func (r Relay[Event]) fetchTime() time.Duration {
	if r.FetchTime > 0 {
		return r.FetchTime
	}
	return 10 * time.Second
}

func (r Relay[Event]) batchSize() int {
	if r.BatchSize > 0 {
		return r.BatchSize
	}
	return 256
}
