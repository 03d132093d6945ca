package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/lease"
)

// eventResync tells a webhook that events are gone which it has not taken. It is none of the feed's.
const eventResync = "resync"

// term is the time during which this process posts to a webhook.
type term struct {
	config Config
	limits Limits
	hook   *hook

	gate    *gate
	trouble *trouble
	slots   chan struct{} // one for each post under way
	// accepted is when the webhook took an event last, in nanoseconds.
	accepted atomic.Int64
}

func newTerm(c Config, h *hook) *term {
	return &term{
		config: c, limits: c.Limits, hook: h,
		gate: newGate(c.Limits), trouble: &trouble{log: h.log}, slots: make(chan struct{}, c.Limits.Parallel),
	}
}

// run posts until ctx ends. What is under way then goes on for Limits.Drain, unless another process has begun.
func (t *term) run(ctx context.Context) {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() {
		if lease.Lost(ctx) {
			stop()
			return
		}
		time.AfterFunc(t.limits.Drain, stop)
	})()
	for fromOldest := false; ; fromOldest = true {
		p := newPass(t, sending, fromOldest)
		err := p.run(ctx)
		if !errors.Is(err, errGone) || t.resync(ctx, sending) != nil {
			return
		}
	}
}

// resync tells the webhook that events are gone. Only when it knows, it is told of what came after them.
func (t *term) resync(ctx, sending context.Context) error {
	t.hook.log.ErrorContext(ctx, "a webhook was so far behind that events are gone: it is told to resync, and goes on from the oldest there is")
	t.hook.metrics.events(becameGone).Inc()
	return t.settle(ctx, sending, &entry{event: &chatv1.Event{
		Event: eventResync, EventId: eventResync + "-" + rand.Text(), At: timestamppb.Now(),
	}})
}
