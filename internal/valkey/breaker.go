package valkey

import (
	"sync/atomic"
	"time"
)

// pause is how long a server that did not answer is left alone.
const pause = time.Second

// breaker keeps callers from a server that did not answer. Once the pause is over, one of them tries it.
type breaker struct {
	// until is when it may be tried again, in nanoseconds since 1970; 0 while it answers.
	until atomic.Int64
}

// allows says whether the caller may ask the server.
func (b *breaker) allows(now time.Time) bool {
	until := b.until.Load()
	return until == 0 || now.UnixNano() >= until && b.until.CompareAndSwap(until, now.Add(pause).UnixNano())
}

// failed says whether the server answered until now.
func (b *breaker) failed(now time.Time) bool { return b.until.Swap(now.Add(pause).UnixNano()) == 0 }

// answered says whether the server did not answer until now.
func (b *breaker) answered() bool { return b.until.Load() != 0 && b.until.Swap(0) != 0 }
