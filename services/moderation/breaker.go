package moderation

import (
	"sync"
	"time"
)

const (
	// tripsAfter is how many failures in a row show that a classifier is away.
	tripsAfter = 5
	// opensFor is how long it is left alone then, before one content tries it again.
	opensFor = 5 * time.Second
)

// breaker keeps contents from a classifier that is away, so that each does not wait for as long as one may. It is one process's.
type breaker struct {
	mu sync.Mutex
	// failures is how many there were in a row.
	failures int
	// until is when a content may try it again, once there were enough.
	until time.Time
}

// allows says whether a content may ask. Of those that come when the time is over, one may; should nothing come of it, another
// after the same time.
func (b *breaker) allows(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.isOpen() {
		return true
	}
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(opensFor)
	return true
}

// note takes what came of a question, and says whether contents are kept from the classifier, and whether that is news.
func (b *breaker) note(now time.Time, failed bool) (open, changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.isOpen()
	if failed {
		b.failures++
		b.until = now.Add(opensFor)
	} else {
		b.failures = 0
	}
	return b.isOpen(), b.isOpen() != before
}

func (b *breaker) isOpen() bool { return b.failures >= tripsAfter }
