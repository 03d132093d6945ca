package webhook

import (
	"context"
	"time"

	"github.com/palabre/palabre/internal/backoff"
)

// settle posts an event until the webhook has taken it, or it is given up. Errors: why ctx ended before; errGone, when it can
// no longer be read. sending is for posts, which go on a little after ctx ends.
func (t *term) settle(ctx, sending context.Context, e *entry) error {
	tried := &tries{wait: backoff.Backoff{First: t.limits.RetryAfter, Limit: t.limits.MaxRetryAfter}}
	defer t.trouble.ends(ctx, tried)
	for {
		r, err := t.attempt(ctx, sending, e)
		switch {
		case err != nil:
			return err
		case r.outcome == accepted:
			tried.settled = true
			if e.before != "" {
				t.hook.metrics.events(becameDelivered).Inc()
			}
			return nil
		case sending.Err() != nil:
			return context.Cause(ctx)
		}
		t.trouble.begins(ctx, tried, e.event.GetEventId(), r.why)
		if r.outcome == unavailable {
			continue // at the gate
		}
		if tried.refused++; t.givesUp(e, tried) {
			tried.settled = true
			t.hook.metrics.events(becameSkipped).Inc()
			t.hook.log.ErrorContext(ctx, "an event is skipped: the webhook has refused it again and again",
				"event_id", e.event.GetEventId(), "event", e.event.GetEvent(), "attempts", tried.refused, "error", r.why)
			return nil
		}
		if err := tried.wait.Pause(ctx, r.wait); err != nil {
			return err
		}
	}
}

// tries is what has become of an event so far.
type tries struct {
	wait    backoff.Backoff
	refused int
	// since is when it failed first; zero while it has not.
	since   time.Time
	settled bool
}

// givesUp says that it is the event which the webhook does not take, and not the time: it has taken others meanwhile. A webhook
// that takes nothing is given longer, until the event is old. A resync is nothing to wait for.
func (t *term) givesUp(e *entry, tried *tries) bool {
	if tried.refused < t.limits.Refusals {
		return false
	}
	return e.before == "" || t.accepted.Load() > tried.since.UnixNano() || time.Since(e.at) > t.limits.GiveUpAge
}

// attempt posts an event once, as it is now, when it is its turn and the webhook is not left alone.
func (t *term) attempt(ctx, sending context.Context, e *entry) (result, error) {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return result{}, context.Cause(ctx)
	}
	since, err := t.gate.enter(ctx)
	if err != nil {
		return result{}, err
	}
	if err := t.freshen(ctx, e); err != nil {
		t.gate.leave()
		return result{}, err
	}
	r := t.hook.post(sending, e.event)
	switch r.outcome {
	case unavailable:
		t.gate.close(r.wait)
	case accepted:
		t.accepted.Store(time.Now().UnixNano())
		t.gate.open(since)
	case refused:
		t.gate.open(since)
	}
	return r, nil
}
