package webhook

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/backoff"
	"github.com/palabre/palabre/internal/lanes"
	"github.com/palabre/palabre/internal/lease"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// headerAfter is the header of a stream with the cursor after which it streams.
	headerAfter = "x-palabre-after"
	// A stream that breaks is opened again after a wait that doubles from the first to the last.
	firstStreamRetry = 100 * time.Millisecond
	lastStreamRetry  = 5 * time.Second
)

var (
	// errGone says that events which the webhook has not taken were pruned.
	errGone = errors.New("events are gone")
	// errFull says that a stream was closed because there is no room for more: what it brings would become stale.
	errFull = errors.New("the window is full")
)

// pass is a way through the feed in its order, from where the webhook has come to until events are missing.
type pass struct {
	*term
	sending    context.Context
	fromOldest bool

	ctx  context.Context // until the pass ends
	end  context.CancelCauseFunc
	lane *lanes.Lanes[*entry]

	progress *progress
	// received is the cursor of what was read last; "" at the start. acknowledged is that which the service was told last.
	received, acknowledged string
}

func newPass(t *term, sending context.Context, fromOldest bool) *pass {
	p := &pass{term: t, sending: sending, fromOldest: fromOldest, progress: newProgress(t.limits.Window)}
	p.lane = lanes.New(p.deliver)
	return p
}

// run goes on until ctx ends, or events are gone: errGone.
func (p *pass) run(ctx context.Context) error {
	p.ctx, p.end = context.WithCancelCause(ctx)
	defer p.end(nil)
	p.hook.progress.Store(p.progress)
	err := p.follow()
	p.end(err)
	p.lane.Close()
	if !lease.Lost(ctx) && !errors.Is(err, errGone) {
		p.acknowledge(context.WithoutCancel(ctx))
	}
	return err
}

// follow reads the stream, and opens it again whenever it breaks.
func (p *pass) follow() error {
	wait := backoff.Backoff{First: firstStreamRetry, Limit: lastStreamRetry}
	for {
		before := p.received
		err := p.read()
		switch {
		case p.ctx.Err() != nil:
			return context.Cause(p.ctx)
		case rpcerr.Code(err) == codes.OutOfRange:
			return errGone
		case errors.Is(err, errFull):
			if !p.awaitRoom(nil) {
				return context.Cause(p.ctx)
			}
			continue
		}
		p.hook.log.WarnContext(p.ctx, "the event stream of a webhook broke", "error", err)
		if p.received != before {
			wait.Reset()
		}
		if err := wait.Pause(p.ctx, 0); err != nil {
			return err
		}
	}
}

// read reads one stream to its end, and meanwhile tells the service how far the webhook has come.
func (p *pass) read() error {
	ctx, cancel := context.WithCancel(asItself(p.ctx))
	defer cancel()
	request := &chatv1.StreamEventsRequest{ApplicationId: p.hook.applicationID, Cursor: p.received}
	if p.received == "" {
		request.Consumer, request.FromOldest = p.hook.name, p.fromOldest
	}
	stream, err := p.config.Chat.StreamEvents(ctx, request)
	if err != nil {
		return err
	}
	if headers, err := stream.Header(); err == nil {
		p.begin(headers.Get(headerAfter))
	}
	var acknowledging sync.WaitGroup
	defer acknowledging.Wait()
	defer cancel()
	acknowledging.Go(func() { p.keepAcknowledging(ctx) })
	for {
		answer, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("the service ended the stream")
		case err != nil:
			return err
		}
		if err := p.take(answer); err != nil {
			return err
		}
	}
}

// begin takes note of where the first stream starts. The service is told at once: until it knows a new webhook, whoever takes
// over would begin later.
func (p *pass) begin(after []string) {
	if p.received != "" || len(after) == 0 {
		return
	}
	p.received = after[0]
	p.progress.begin(after[0])
	p.acknowledge(p.ctx)
}

// take puts an event in its lane, and waits for room there, though not until the event is stale.
func (p *pass) take(answer *chatv1.StreamEventsResponse) error {
	event := answer.GetEvent()
	e := &entry{
		event: event, at: event.GetAt().AsTime(), readAt: time.Now(),
		before: p.received, cursor: cmp.Or(answer.GetPassedCursor(), event.GetCursor()),
	}
	// A service of an earlier version streams those of all applications.
	own := event != nil && answer.GetApplicationId() == p.hook.applicationID
	if !own || !p.hook.wants(event.GetEvent()) {
		e.event, e.done = nil, true
	}
	stale := time.NewTimer(p.limits.Fresh)
	defer stale.Stop()
	for !p.progress.add(e) {
		if !p.awaitRoom(stale.C) {
			return errFull
		}
	}
	p.received = e.cursor
	switch {
	case !e.done:
		p.lane.Add(event.GetConversationId(), e)
	case own:
		p.hook.metrics.events(becameUnwanted).Inc()
	}
	return nil
}

// awaitRoom waits until there may be room, and answers false when the pass or the patience ends before.
func (p *pass) awaitRoom(patience <-chan time.Time) bool {
	select {
	case <-p.progress.room:
		return true
	case <-patience:
	case <-p.ctx.Done():
	}
	return false
}

// deliver is what a lane does.
func (p *pass) deliver(e *entry) {
	switch err := p.settle(p.ctx, p.sending, e); {
	case err == nil:
		p.progress.finish(e)
	case errors.Is(err, errGone):
		p.end(errGone)
	}
}

// keepAcknowledging tells the service how far the webhook has come, now and then, until the context ends.
func (p *pass) keepAcknowledging(ctx context.Context) {
	ticker := time.NewTicker(p.limits.AcknowledgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.acknowledge(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// acknowledge tells the service if there is something new. What it did not take in it is told the next time.
func (p *pass) acknowledge(ctx context.Context) {
	reached := p.progress.reached()
	if reached == p.acknowledged {
		return
	}
	ctx, cancel := context.WithTimeout(asItself(ctx), p.limits.CallTimeout)
	defer cancel()
	_, err := p.config.Chat.AcknowledgeEvents(ctx, &chatv1.AcknowledgeEventsRequest{Consumer: p.hook.name, Cursor: reached})
	switch {
	case err == nil:
		p.acknowledged = reached
	case ctx.Err() == nil:
		p.hook.log.WarnContext(ctx, "how far a webhook has come could not be told", "error", err)
	}
}

// asItself is for calls that the gateway makes in nobody's name.
func asItself(ctx context.Context) context.Context {
	return auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component})
}
