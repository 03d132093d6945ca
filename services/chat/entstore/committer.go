package entstore

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

const (
	// maxBatch is how many messages go into one transaction.
	maxBatch = 256
	// maxQueue is how many messages may wait for one: about a second of work. Beyond, senders are told to come back.
	maxQueue = 8192
)

// committer lets messages that are sent at the same time share transactions: what has come while one commits goes into the
// next. Nobody waits for company, so a lone message costs one transaction, and under load the price of a commit is shared
// by many (docs/adr/0007-group-commit.md).
//
// It has a goroutine for each lane while there is something in it, and none otherwise.
type committer struct {
	lanes   []*lane
	seed    maphash.Seed
	commit  func([]*pending)
	metrics *metrics
}

// lane is a queue of messages, and who works on it. A conversation is always in the same lane, so that transactions seldom
// wait for each other's conversations.
type lane struct {
	mu      sync.Mutex
	waiting []*pending
	working bool
}

// pending is a message on its way into the database.
type pending struct {
	draft  chat.Draft
	permit chat.Permit
	// taken says who was the first: the lane to store it, or its caller to give up.
	taken atomic.Bool
	done  chan struct{}

	// Of no meaning before done is closed.
	stored    *chatv1.Message
	duplicate bool
	err       error
}

func newCommitter(lanes int, commit func([]*pending), m *metrics) *committer {
	c := &committer{seed: maphash.MakeSeed(), commit: commit, metrics: m}
	for range lanes {
		c.lanes = append(c.lanes, &lane{})
	}
	return c
}

// submit puts a message behind those that wait, and answers what waits for it to be stored. A caller whose context ends gets
// what became of the message if it is being stored by then, and otherwise the context's error, and then it is not stored.
func (c *committer) submit(ctx context.Context, d chat.Draft, permit chat.Permit) func() (*chatv1.Message, bool, error) {
	p := &pending{draft: d, permit: permit, done: make(chan struct{})}
	l := c.lanes[maphash.String(c.seed, d.Message.GetConversationId())%uint64(len(c.lanes))]
	if !c.put(l, p) {
		c.metrics.refused.Inc()
		return func() (*chatv1.Message, bool, error) { return nil, false, chat.ErrOverloaded }
	}
	return func() (*chatv1.Message, bool, error) {
		select {
		case <-p.done:
		case <-ctx.Done():
			if p.taken.CompareAndSwap(false, true) {
				return nil, false, context.Cause(ctx)
			}
			<-p.done
		}
		return p.stored, p.duplicate, p.err
	}
}

// put adds a message to a lane, unless too many wait already.
func (c *committer) put(l *lane, p *pending) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= maxQueue {
		return false
	}
	l.waiting = append(l.waiting, p)
	c.metrics.waiting.Inc()
	if !l.working {
		l.working = true
		go c.work(l)
	}
	return true
}

// work commits what waits in a lane, batch by batch, until nothing does.
func (c *committer) work(l *lane) {
	for batch := c.next(l); batch != nil; batch = c.next(l) {
		began := time.Now()
		c.commit(batch)
		for _, p := range batch {
			close(p.done)
		}
		c.metrics.committed(len(batch), began)
	}
}

// next takes the messages that wait in a lane, but for those whose callers gave up; nil when there are none, and then the
// work ends.
func (c *committer) next(l *lane) []*pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	var batch []*pending
	for len(l.waiting) > 0 && len(batch) < maxBatch {
		p := l.waiting[0]
		l.waiting[0], l.waiting = nil, l.waiting[1:]
		c.metrics.waiting.Dec()
		if p.taken.CompareAndSwap(false, true) {
			batch = append(batch, p)
		}
	}
	l.working = batch != nil
	return batch
}
