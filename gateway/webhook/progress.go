package webhook

import (
	"sync"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// entry is an event on its way to a webhook.
type entry struct {
	event *chatv1.Event
	// readAt is when it was read, and before the cursor after which it is read again; "" when it is none of the feed.
	readAt time.Time
	before string
	// at is when it happened.
	at time.Time
	// cursor is where the webhook has come to when this and all before are done.
	cursor string
	done   bool
}

// progress is how far a webhook has come: all up to a cursor is done, and of what is after that some.
type progress struct {
	window int

	mu      sync.Mutex
	cursor  string
	pending []*entry      // in the order of the feed; the first is not done
	room    chan struct{} // signals that there may be room again
}

func newProgress(window int) *progress {
	return &progress{window: window, room: make(chan struct{}, 1)}
}

// begin says up to where all is done before the first entry.
func (p *progress) begin(cursor string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cursor == "" {
		p.cursor = cursor
	}
}

// add puts an entry at the end, and answers false when there is no room. Those that are done need little.
func (p *progress) add(e *entry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.pending)
	switch {
	case e.done && n == 0:
		p.cursor = e.cursor
	case e.done && p.pending[n-1].done:
		p.pending[n-1].cursor = e.cursor
	case n >= p.window:
		return false
	default:
		p.pending = append(p.pending, e)
	}
	return true
}

// finish says that an entry is done.
func (p *progress) finish(e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.done, e.event = true, nil
	if !p.pending[0].done {
		return
	}
	for len(p.pending) > 0 && p.pending[0].done {
		p.cursor = p.pending[0].cursor
		p.pending[0] = nil
		p.pending = p.pending[1:]
	}
	select {
	case p.room <- struct{}{}:
	default:
	}
}

// reached is the cursor up to which all is done; "" when there is none yet.
func (p *progress) reached() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cursor
}

// waiting is how many events are not done, and when the oldest of them happened.
func (p *progress) waiting() (count int, oldest time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.pending {
		if e.done {
			continue
		}
		if count++; count == 1 {
			oldest = e.at
		}
	}
	return count, oldest
}
