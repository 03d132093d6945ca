package entstore

import (
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// What is remembered of the feed at most. Whoever follows it is milliseconds behind; who is further reads the database. The
// notifier needs no texts, and comes when people have had their time to acknowledge.
const (
	recentAge   = time.Second
	outlineAge  = 10 * time.Second
	recentBytes = 16 << 20
	// eventBytes and outlineBytes are what an event takes besides its texts, and without them.
	eventBytes, outlineBytes = 2 << 10, 1 << 10
)

// recent remembers the events that this process committed last, so that those who follow the feed need not have the database
// give back what it was just given (docs/adr/0015-recent-events.md). Other processes take positions too, so there may be
// gaps.
//
// Nothing is remembered that was begun before the last forget, for it may have been changed since.
type recent struct {
	now       func() time.Time
	age       time.Duration
	mu        sync.Mutex
	runs      []*run // in the order of their positions
	bytes     int
	forgotten time.Time
}

// run is what one transaction wrote to the feed, at positions without a gap.
type run struct {
	began    time.Time
	rows     []*ent.Event
	messages []*ent.Message // which the events are about
	bytes    int
	outlined bool

	// The first who asks has the rows made into what everybody gets, so that senders need not wait for that.
	once   sync.Once
	stored []chat.StoredEvent
}

func (r *run) first() int64 { return r.rows[0].ID }

func (r *run) last() int64 { return r.rows[len(r.rows)-1].ID }

// outline is what the transaction wrote without texts.
func (r *run) outline() *run {
	o := &run{
		began: r.began, rows: r.rows, messages: make([]*ent.Message, len(r.messages)), bytes: len(r.rows) * outlineBytes, outlined: true,
	}
	for _, row := range r.rows {
		o.bytes += len(row.Payload)
	}
	for i, m := range r.messages {
		o.messages[i] = &ent.Message{ID: m.ID, ConversationID: m.ConversationID, Seq: m.Seq, SenderSubject: m.SenderSubject}
	}
	return o
}

// put remembers what a transaction wrote that has been committed. Of two that end at once, the second may come first.
func (r *recent) put(latest *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropOld(r.now())
	if !latest.began.After(r.forgotten) {
		return
	}
	at := len(r.runs)
	for at > 0 && r.runs[at-1].first() > latest.first() {
		at--
	}
	r.runs = slices.Insert(r.runs, at, latest)
	r.bytes += latest.bytes
	for r.bytes > recentBytes {
		r.dropFirst()
	}
}

// after answers the events after a position, at most limit of them, if there is no gap up to the last that is remembered or
// to the limit; otherwise none. They are everybody's, and not to be changed.
func (r *recent) after(position int64, limit int) []chat.StoredEvent {
	var events []chat.StoredEvent
	for _, run := range r.stretch(position, limit) {
		stored := run.events()
		if len(stored) == 0 {
			return nil
		}
		events = append(events, stored[max(0, position+1-run.first()):]...)
	}
	return events[:min(limit, len(events))]
}

// stretch answers the transactions that wrote the events after a position, and none if there is a gap.
func (r *recent) stretch(position int64, limit int) []*run {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.dropOld(now)
	from := len(r.runs)
	for from > 0 && r.runs[from-1].last() > position {
		from--
	}
	next, end := position+1, position+int64(limit)
	for at, run := range r.runs[from:] {
		if run.first() > next || r.isOld(run, now) {
			return nil
		}
		if next = run.last() + 1; next > end {
			return slices.Clone(r.runs[from : from+at+1])
		}
	}
	return slices.Clone(r.runs[from:])
}

// forget drops everything; and what is being committed will not be remembered. Called before the commit of what changes
// messages, while nobody else can change them, it leaves nothing that is remembered as it was before.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs, r.bytes, r.forgotten = nil, 0, r.now()
}

func (r *recent) isOld(latest *run, now time.Time) bool { return now.Sub(latest.began) > r.age }

func (r *recent) dropOld(now time.Time) {
	for len(r.runs) > 0 && r.isOld(r.runs[0], now) {
		r.dropFirst()
	}
}

func (r *recent) dropFirst() {
	r.bytes -= r.runs[0].bytes
	r.runs[0], r.runs = nil, r.runs[1:]
}

// events are the rows as they go out; none if they cannot be made into that, which the database is left to tell. An outline
// has one reader, who comes once.
func (r *run) events() []chat.StoredEvent {
	if r.outlined {
		return r.asStored()
	}
	r.once.Do(func() { r.stored = r.asStored() })
	return r.stored
}

func (r *run) asStored() []chat.StoredEvent {
	messages := make(map[uuid.UUID]*chatv1.Message, len(r.messages))
	for _, row := range r.messages {
		messages[row.ID] = messageProto(row)
	}
	stored, err := storedEvents(r.rows, messages)
	if err != nil {
		return nil
	}
	return stored
}
