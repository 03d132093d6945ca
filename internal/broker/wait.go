package broker

import (
	"context"
	"time"
)

// wait is a wait of limited length, perhaps for one thing after the other. It costs nothing until it has to.
type wait struct {
	ctx   context.Context //nolint:containedctx // it lives for one call
	over  <-chan struct{} // ends it too
	limit time.Duration
	timer *time.Timer
}

// until waits for a channel, and answers false when the wait has ended before.
func (w *wait) until(happens <-chan struct{}) bool {
	w.begin()
	select {
	case <-happens:
		return true
	case <-w.timer.C:
	case <-w.over:
	case <-w.ctx.Done():
	}
	return false
}

// enter waits for room in a channel that counts.
func (w *wait) enter(room chan<- struct{}) bool {
	w.begin()
	select {
	case room <- struct{}{}:
		return true
	case <-w.timer.C:
	case <-w.over:
	case <-w.ctx.Done():
	}
	return false
}

func (w *wait) begin() {
	if w.timer == nil {
		w.timer = time.NewTimer(w.limit)
	}
}

func (w *wait) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
}
