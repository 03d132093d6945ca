package mqttgw

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/palabre/palabre/internal/lease"
)

// term is the time during which a gateway is the active one in a slot of its broker, and what it works with then.
type term struct {
	limits Limits
	client *client
	up     *uplink
	news   *news // nil in all slots but the first
	// retire ends the sessions of slots that there are no more.
	retire func(context.Context)
}

func newTerm(c Config, m *metrics, s slot) *term {
	up := newUplink(c, m)
	client := newClient(c, m, s, up.onPublish)
	up.present, up.typing.voice.present = client.now, client.now
	first := s.number == 0
	t := &term{limits: c.Limits, client: client, up: up, retire: func(context.Context) {}}
	up.typing.tells, up.typing.reports = first, !first || c.Edge
	if first && c.Broker.Shared {
		t.retire = func(ctx context.Context) { c.retire(ctx, client) }
	}
	if first {
		t.news = newNews(c, m, client, up.typing)
		up.streaming = t.news.down.began
	}
	return t
}

// ready is nil when connected to the broker and the event stream.
func (t *term) ready() error {
	if t.news == nil {
		return t.client.ready()
	}
	return errors.Join(t.client.ready(), t.news.ready())
}

// run works until ctx ends, and then finishes what it has. When its end is lease.ErrLost, another is active by now, to whom
// the broker gives what is not finished: so it leaves all as it is, and at once.
func (t *term) run(ctx context.Context) {
	// Whatever works for something else ends after it: the stream, the uplinks and the window, the connection.
	draining, stopDraining := context.WithCancel(context.WithoutCancel(ctx))
	defer stopDraining()
	connection := start(context.WithoutCancel(ctx), t.client.run)
	defer context.AfterFunc(ctx, func() {
		if lease.Lost(ctx) {
			stopDraining()
			connection.stop()
			return
		}
		time.AfterFunc(t.limits.Drain, stopDraining)
	})()

	uplinks := start(ctx, func(ctx context.Context) {
		<-ctx.Done()
		t.up.drain(draining)
	})
	defer start(ctx, t.retire).stop()
	if t.news != nil {
		t.news.run(ctx, draining)
	}
	uplinks.wait()
	connection.stop()
}

// task is a function that runs by itself.
type task struct {
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

func start(ctx context.Context, run func(context.Context)) *task {
	ctx, cancel := context.WithCancel(ctx)
	t := &task{cancel: cancel}
	t.ended.Go(func() { run(ctx) })
	return t
}

// wait returns when the task has ended.
func (t *task) wait() {
	t.ended.Wait()
	t.cancel()
}

// stop makes the task end, and returns when it has.
func (t *task) stop() {
	t.cancel()
	t.ended.Wait()
}
