package brokerauth

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// failuresAtOnce is how often somebody may fail before they are limited to one failure in failureEvery.
	failuresAtOnce = 10
	failureEvery   = 3 * time.Second
	// maxFailing is how many of those who fail are remembered.
	maxFailing = 1 << 14
)

// failures counts who fails. It holds two generations: a full young one becomes the old one, and who is not heard of until the
// next is full is forgotten, as they would be after half a minute in any case.
type failures struct {
	now func() time.Time

	mu         sync.Mutex
	young, old map[string]*rate.Limiter
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, young: map[string]*rate.Limiter{}}
}

// note counts a failure, and answers whether it is within the limit.
func (f *failures) note(who string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of(who).AllowN(f.now(), 1)
}

// tooMany says that somebody has failed so often that the next attempt is not looked at.
func (f *failures) tooMany(who string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	limiter, known := f.young[who]
	if !known {
		limiter, known = f.old[who]
	}
	return known && limiter.TokensAt(f.now()) < 1
}

func (f *failures) of(who string) *rate.Limiter {
	if limiter, ok := f.young[who]; ok {
		return limiter
	}
	if len(f.young) >= maxFailing/2 {
		f.old, f.young = f.young, map[string]*rate.Limiter{}
	}
	limiter, ok := f.old[who]
	if !ok {
		limiter = rate.NewLimiter(rate.Every(failureEvery), failuresAtOnce)
	}
	f.young[who] = limiter
	return limiter
}
