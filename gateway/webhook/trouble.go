package webhook

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// saidAgain is how often the operator hears that a webhook still does not take events.
	saidAgain = time.Hour
	// quiet is how long nothing is said of a webhook that fails now and then, after something was.
	quiet = time.Minute
)

// trouble tells the operator when a webhook begins to fail and when that is over, and not of every attempt.
type trouble struct {
	log *slog.Logger

	mu     sync.Mutex
	events int // that have failed and are not settled
	since  time.Time
	said   time.Time
}

// begins says that an event has failed, for the first time or again.
func (t *trouble) begins(ctx context.Context, tried *tries, eventID string, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	starts := false
	if tried.since.IsZero() {
		tried.since = now
		if t.events++; t.events == 1 {
			t.since, starts = now, true
		}
	}
	since := now.Sub(t.said)
	if since < quiet || !starts && since < saidAgain {
		t.log.DebugContext(ctx, "a webhook did not take an event", "event_id", eventID, "error", why)
		return
	}
	t.said = now
	t.log.WarnContext(ctx, "a webhook does not take events: they are kept and tried again",
		"since", t.since.UTC(), "events_tried", t.events, "event_id", eventID, "error", why)
}

// ends says that nothing more is tried of an event, because it is settled or the term ends.
func (t *trouble) ends(ctx context.Context, tried *tries) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tried.since.IsZero() {
		return
	}
	if t.events--; t.events == 0 && tried.settled && !t.said.Before(t.since) {
		t.log.InfoContext(ctx, "a webhook takes events again", "after", time.Since(t.since).Round(time.Millisecond))
	}
}
