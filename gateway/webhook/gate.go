package webhook

import (
	"context"
	"sync"
	"time"

	"github.com/palabre/palabre/internal/backoff"
)

// gate keeps posts from a webhook that is not available, and lets one through now and then to try.
type gate struct {
	mu      sync.Mutex
	wait    backoff.Backoff
	shut    bool
	trying  bool
	closed  int           // how often
	until   time.Time     // when the next may try
	changed chan struct{} // closed when any of it has changed
}

func newGate(l Limits) *gate {
	return &gate{wait: backoff.Backoff{First: l.RetryAfter, Limit: l.MaxRetryAfter}, changed: make(chan struct{})}
}

// enter waits until a post may be tried, and answers since which closing it is. Its outcome has to be told: by open, close, or
// leave.
func (g *gate) enter(ctx context.Context) (since int, err error) {
	for {
		may, since, wait, changed := g.ask()
		if may {
			return since, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
	}
}

func (g *gate) ask() (may bool, since int, wait time.Duration, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait = time.Until(g.until)
	switch {
	case !g.shut:
		return true, g.closed, 0, nil
	case g.trying:
		return false, 0, time.Hour, g.changed
	case wait > 0:
		return false, 0, wait, g.changed
	}
	g.trying = true
	return true, g.closed, 0, nil
}

// open lets all through: the webhook has answered. An answer that was on its way when another closed the gate does not count.
func (g *gate) open(since int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut && since == g.closed {
		g.wait.Reset()
		g.shut, g.trying = false, false
		g.tell()
	}
}

// close keeps all out for a time, at least as long as asked. Of several that failed at once it counts the first.
func (g *gate) close(least time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := least
	if !g.shut || g.trying {
		wait = max(g.wait.Next(), least)
	}
	if until := time.Now().Add(wait); until.After(g.until) {
		g.until = until
	}
	g.shut, g.trying = true, false
	g.closed++
	g.tell()
}

// leave says that nothing was tried.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.trying {
		g.trying = false
		g.tell()
	}
}

func (g *gate) tell() {
	close(g.changed)
	g.changed = make(chan struct{})
}
