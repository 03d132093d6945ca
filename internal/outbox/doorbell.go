package outbox

import "sync"

// Doorbell tells everyone who waits that there may be something new. Ringing never blocks, and nobody who began to wait
// before a ring misses it. The zero value is ready.
type Doorbell struct {
	mu   sync.Mutex
	rung chan struct{}
}

// Ring wakes everyone who waits now.
func (d *Doorbell) Ring() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rung != nil {
		close(d.rung)
		d.rung = nil
	}
}

// Next answers a channel that is closed by the next ring. Take it before looking for what is new.
func (d *Doorbell) Next() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rung == nil {
		d.rung = make(chan struct{})
	}
	return d.rung
}
