package bench

import (
	"context"
	"time"
)

// pace says when one of several callers is to make its calls.
type pace struct {
	// every is the time between two calls; 0 when each follows the answer to the one before.
	every time.Duration
	// first is when the first is due, as time of the run.
	first time.Duration
}

// newPace spreads a rate over callers evenly, so that they do not all call at once.
func newPace(rate float64, number, callers int) pace {
	if rate == 0 {
		return pace{}
	}
	every := time.Duration(float64(time.Second) * float64(callers) / rate)
	return pace{every: every, first: every * time.Duration(number) / time.Duration(callers)}
}

// wait waits until the nth call is due, and answers the time of the run from which it is measured; false when there is no
// call any more. A call that is late because the one before was not answered is measured from when it was due: a server
// that stalls does not get out of being measured.
func (p pace) wait(ctx context.Context, n int, clock func() time.Duration) (time.Duration, bool) {
	due := p.first + time.Duration(n)*p.every
	now := clock()
	switch {
	case p.every == 0:
		return now, ctx.Err() == nil
	case now >= due:
		return due, ctx.Err() == nil
	}
	more := pause(ctx, due-now)
	return clock(), more
}

// pause waits, and says whether the context goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
