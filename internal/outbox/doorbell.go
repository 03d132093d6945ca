package outbox

import "sync"

// Doorbell tells everyone who waits that there may be something new. Ringing never blocks, and nobody who began to wait
// before a ring misses it. The zero value is ready.
type Doorbell struct {
	mu   sync.Mutex
	rung chan struct{}
	pass func()
}

// Ring wakes everyone who waits now, and passes the ring on to where PassOn says.
func (d *Doorbell) Ring() {
	if pass := d.wake(); pass != nil {
		pass()
	}
}

// RingHere wakes everyone who waits now: for a ring that was passed on from another process.
func (d *Doorbell) RingHere() { d.wake() }

// PassOn says who hears of every Ring besides those who wait, to tell other processes. It must not block.
func (d *Doorbell) PassOn(pass func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pass = pass
}

func (d *Doorbell) wake() (pass func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rung != nil {
		close(d.rung)
		d.rung = nil
	}
	return d.pass
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
