package entstore

import (
	"context"
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
	// patience is how long a transaction may take before another begins beside it, with the messages of other conversations.
	// At most mostAtOnce of them are under way.
	patience   = 200 * time.Millisecond
	mostAtOnce = 4
	// idleWorker is how long the goroutine stays when nothing is sent. A new one begins with a small stack, which grows under
	// SQLite by being copied several times: a lone message would wait for that.
	idleWorker = 10 * time.Second
)

// committer lets messages that are sent at the same time share transactions: what has come while one commits goes into the
// next. Nobody waits for company, so a lone message costs one transaction, and under load the price of a commit is shared
// by many (docs/adr/0007-group-commit.md).
//
// One transaction follows the other: with two at a time each has half as many messages and costs as much, and they wait for
// each other at the head of the feed anyway. Only one that takes long is not waited for.
type committer struct {
	most int // transactions at once
	// commit stores messages. Those of conversations that somebody else has locked it answers instead, unless it waits.
	commit  func(batch []*pending, wait bool) (locked []*pending)
	metrics *metrics

	mu      sync.Mutex
	waiting []*pending
	// storing are the conversations of the transactions under way, each in one of them: what comes for one of these waits,
	// to stay in order.
	storing map[string]struct{}
	batches int // under way
	slow    int // those of them that are not waited for
	workers int
	more    chan struct{}
}

// pending is a message on its way into the database.
type pending struct {
	draft  chat.Draft
	permit chat.Permit
	// taken says who was the first: the work to store it, or its caller to give up.
	taken atomic.Bool
	done  chan struct{}
	// locked says that somebody else has its conversation locked.
	locked bool

	// Of no meaning before done is closed.
	stored    *chatv1.Message
	duplicate bool
	err       error
}

func newCommitter(most int, commit func([]*pending, bool) []*pending, m *metrics) *committer {
	return &committer{most: most, commit: commit, metrics: m, storing: map[string]struct{}{}, more: make(chan struct{}, most)}
}

// submit puts a message behind those that wait, and answers what waits for it to be stored. A caller whose context ends gets
// what became of the message if it is being stored by then, and otherwise the context's error, and then it is not stored.
func (c *committer) submit(ctx context.Context, d chat.Draft, permit chat.Permit) func() (*chatv1.Message, bool, error) {
	p := &pending{draft: d, permit: permit, done: make(chan struct{})}
	if !c.put(p) {
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

func (p *pending) conversation() string { return p.draft.Message.GetConversationId() }

// put adds a message to those that wait, unless they are too many already.
func (c *committer) put(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) >= maxQueue {
		return false
	}
	c.waiting = append(c.waiting, p)
	c.metrics.waiting.Inc()
	c.beginIfDue()
	return true
}

// due says that a transaction may begin.
func (c *committer) due() bool {
	return c.batches == c.slow && c.batches < c.most
}

// beginIfDue has somebody begin a transaction with what waits.
func (c *committer) beginIfDue() {
	switch {
	case len(c.waiting) == 0 || !c.due():
	case c.workers == c.batches: // All are at work.
		c.workers++
		go c.work()
	default:
		select {
		case c.more <- struct{}{}:
		default: // They have not looked since the last time.
		}
	}
}

// work commits what waits, batch by batch, until nothing has come for a while.
func (c *committer) work() {
	idle := time.NewTimer(idleWorker)
	defer idle.Stop()
	for {
		if batch := c.next(); len(batch) > 0 {
			c.store(batch)
			continue
		}
		idle.Reset(idleWorker)
		select {
		case <-c.more:
		case <-idle.C:
			if c.retire() {
				return
			}
		}
	}
}

// next takes what a transaction may begin with: all that waits but for those whose callers gave up, and those of
// conversations that are being stored.
func (c *committer) next() []*pending {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.due() {
		return nil
	}
	var batch, later []*pending
	taken := 0
	for ; taken < len(c.waiting) && len(batch) < maxBatch; taken++ {
		p := c.waiting[taken]
		if _, busy := c.storing[p.conversation()]; busy {
			later = append(later, p)
			continue
		}
		c.metrics.waiting.Dec()
		if p.taken.CompareAndSwap(false, true) {
			batch = append(batch, p)
		}
	}
	clear(c.waiting[:taken])
	c.waiting = append(later, c.waiting[taken:]...)
	if len(batch) > 0 {
		c.begin(batch)
	}
	return batch
}

func (c *committer) begin(batch []*pending) {
	for _, p := range batch {
		c.storing[p.conversation()] = struct{}{}
	}
	c.batches++
}

// transaction is one under way, or one that was. Guarded by committer.mu.
type transaction struct{ slow, over bool }

// store commits a batch, and what of it is locked once it is not.
func (c *committer) store(batch []*pending) {
	tx := &transaction{}
	watch := time.AfterFunc(patience, func() { c.passBy(tx) })
	if locked := c.storeSome(batch, false); len(locked) > 0 {
		c.storeSome(locked, true)
	}
	watch.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches--
	if tx.over = true; tx.slow {
		c.slow--
	}
}

// storeSome commits messages, tells those who wait for them, and answers the others.
func (c *committer) storeSome(batch []*pending, wait bool) (locked []*pending) {
	began := time.Now()
	locked = c.commit(batch, wait)
	for _, p := range batch {
		if !p.locked {
			close(p.done)
		}
	}
	c.metrics.committed(len(batch)-len(locked), began)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range batch {
		if !p.locked {
			delete(c.storing, p.conversation())
		}
	}
	return locked
}

// passBy has others go on while a transaction takes long.
func (c *committer) passBy(tx *transaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if tx.over {
		return
	}
	tx.slow = true
	c.slow++
	c.beginIfDue()
}

// retire ends the work, unless something came.
func (c *committer) retire() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) > 0 && c.due() {
		return false
	}
	c.workers--
	return true
}
