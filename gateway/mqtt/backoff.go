package mqttgw

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff makes the waits between attempts: each twice the one before, up to a limit, less a random part, so that what
// failed together does not come back together.
type backoff struct {
	first, limit time.Duration
	next         time.Duration
}

func (l Limits) backoff() *backoff { return &backoff{first: l.RetryAfter, limit: l.MaxRetryAfter} }

// pause waits, at least as long as asked, and answers why the context ended if it did.
func (b *backoff) pause(ctx context.Context, least time.Duration) error {
	b.next = min(max(2*b.next, b.first), b.limit)
	jitter := time.Duration(rand.Int64N(int64(b.next)/2 + 1))
	timer := time.NewTimer(max(b.next-jitter, least))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// reset makes the next wait the first again.
func (b *backoff) reset() { b.next = 0 }
