package mqtttest

import (
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// inbox is what a device has: the messages of each conversation in the order of seq. A message that comes before its
// predecessor waits for it.
type inbox struct {
	seen    map[string]bool // by eventId
	threads map[string]*thread
	// early counts messages that came before their predecessors, doubled those that came twice under different event ids.
	early, doubled int
}

// thread is the messages of one conversation.
type thread struct {
	contents []string         // the one with seq n at n-1
	waiting  map[int64]string // by seq
	since    time.Time        // since when a seq is missing
	history  map[int64]bool   // which were asked for; their events may yet come
}

func newInbox() *inbox {
	return &inbox{seen: map[string]bool{}, threads: map[string]*thread{}}
}

// take takes an event, and answers whether it is new.
func (b *inbox) take(e *chatv1.Event) bool {
	if b.seen[e.GetEventId()] {
		return false
	}
	b.seen[e.GetEventId()] = true
	if m := e.GetMessage(); m != nil && e.GetEvent() == "message.created" {
		t := b.thread(e.GetConversationId())
		switch {
		case t.has(m.GetSeq()) && !t.history[m.GetSeq()]:
			b.doubled++
		case m.GetSeq() > t.next():
			b.early++
		}
		t.put(m.GetSeq(), m.GetContent())
	}
	return true
}

// fill takes messages of the history, and answers how many were missing.
func (b *inbox) fill(conversation string, messages []*chatv1.Message) (missing int) {
	t := b.thread(conversation)
	for _, m := range messages {
		if !t.has(m.GetSeq()) {
			t.history[m.GetSeq()] = true
			t.put(m.GetSeq(), m.GetContent())
			missing++
		}
	}
	return missing
}

// gaps answers the conversations in which a seq has been missing for so long, and after which one.
func (b *inbox) gaps(least time.Duration) map[string]int64 {
	gaps := map[string]int64{}
	for conversation, t := range b.threads {
		if len(t.waiting) > 0 && time.Since(t.since) > least {
			gaps[conversation] = t.next() - 1
		}
	}
	return gaps
}

func (b *inbox) upTo(conversation string) int64 { return b.thread(conversation).next() - 1 }

func (b *inbox) thread(conversation string) *thread {
	t, ok := b.threads[conversation]
	if !ok {
		t = &thread{waiting: map[int64]string{}, history: map[int64]bool{}}
		b.threads[conversation] = t
	}
	return t
}

func (t *thread) next() int64 { return int64(len(t.contents)) + 1 }

func (t *thread) has(seq int64) bool {
	_, waits := t.waiting[seq]
	return waits || seq < t.next()
}

// put puts a message in its place, and after it those that waited for it.
func (t *thread) put(seq int64, content string) {
	if t.has(seq) {
		return
	}
	if len(t.waiting) == 0 {
		t.since = time.Now()
	}
	t.waiting[seq] = content
	for {
		next, ok := t.waiting[t.next()]
		if !ok {
			return
		}
		delete(t.waiting, t.next())
		t.contents = append(t.contents, next)
		t.since = time.Now()
	}
}
