package rpc

import (
	"context"
	"sync"
)

// running counts the calls being handled. Unlike a WaitGroup it may be added to while somebody waits: a call that is being
// handled may make another in the process.
type running struct {
	mu    sync.Mutex
	calls int
	idle  chan struct{} // closed when calls comes to 0; nil while nobody waits
}

func (r *running) add() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
}

func (r *running) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls--
	if r.calls == 0 && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// wait returns when no call is being handled, or with the error of the context.
func (r *running) wait(ctx context.Context) error {
	r.mu.Lock()
	if r.calls == 0 {
		r.mu.Unlock()
		return nil
	}
	if r.idle == nil {
		r.idle = make(chan struct{})
	}
	idle := r.idle
	r.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
