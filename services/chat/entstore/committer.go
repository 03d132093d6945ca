package entstore

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"

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
	lanes  []*lane
	seed   maphash.Seed
	commit func([]*pending)
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

func newCommitter(lanes int, commit func([]*pending)) *committer {
	c := &committer{seed: maphash.MakeSeed(), commit: commit}
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
	if !l.put(p, c.commit) {
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

// put adds a message, unless too many wait already.
func (l *lane) put(p *pending, commit func([]*pending)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= maxQueue {
		return false
	}
	l.waiting = append(l.waiting, p)
	if !l.working {
		l.working = true
		go l.work(commit)
	}
	return true
}

// work commits what waits, batch by batch, until nothing does.
func (l *lane) work(commit func([]*pending)) {
	for batch := l.next(); batch != nil; batch = l.next() {
		commit(batch)
		for _, p := range batch {
			close(p.done)
		}
	}
}

// next takes the messages that wait, but for those whose callers gave up; nil when there are none, and then the work ends.
func (l *lane) next() []*pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	var batch []*pending
	for len(l.waiting) > 0 && len(batch) < maxBatch {
		p := l.waiting[0]
		l.waiting[0], l.waiting = nil, l.waiting[1:]
		if p.taken.CompareAndSwap(false, true) {
			batch = append(batch, p)
		}
	}
	l.working = batch != nil
	return batch
}
