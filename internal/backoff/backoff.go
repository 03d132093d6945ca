package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff makes the waits between attempts: each twice the one before, up to a limit, less a random part, so that what
// failed together does not come back together.
type Backoff struct {
	// First is the wait after the first attempt, Limit the longest one.
	First, Limit time.Duration

	last time.Duration
}

// Next answers the next wait: half to all of what it doubled to.
func (b *Backoff) Next() time.Duration {
	b.last = min(max(2*b.last, b.First), b.Limit)
	return b.last - time.Duration(rand.Int64N(int64(b.last)/2+1))
}

// Pause waits, at least as long as asked, and answers why the context ended if it did.
func (b *Backoff) Pause(ctx context.Context, least time.Duration) error {
	timer := time.NewTimer(max(b.Next(), least))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// Reset makes the next wait the first again.
func (b *Backoff) Reset() { b.last = 0 }
