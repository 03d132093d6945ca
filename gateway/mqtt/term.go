package mqttgw

import (
	"context"
	"errors"
	"sync"
	"time"
)

// term is the time during which a gateway is the active one on its broker, and what it works with then.
type term struct {
	limits Limits
	client *client
	up     *uplink
	down   *downlink
	watch  *presenceWatch
	kept   *accounts // nil unless the gateway keeps them
}

func newTerm(c Config, m *metrics) *term {
	kept := newAccounts(c, m)
	up := newUplink(c, m)
	client := newClient(c, m, up.onPublish)
	up.present, up.settled = client.now, kept.isSettled
	return &term{
		limits: c.Limits, client: client, up: up, down: newDownlink(c, m, client, kept),
		watch: newPresenceWatch(c, m, client.now), kept: kept,
	}
}

// ready is nil when connected to the broker and the event stream, and the broker knows the users where that is ours to see to.
func (t *term) ready() error { return errors.Join(t.client.ready(), t.down.ready(), t.kept.ready()) }

// run works until ctx ends, and then finishes what it has. When its end is errLeaseLost, another is active by now, to whom
// the broker gives what is not finished: so it leaves all as it is, and at once.
func (t *term) run(ctx context.Context) {
	// Whatever works for something else ends after it: the stream, the uplinks and the window, the connection.
	draining, stopDraining := context.WithCancel(context.WithoutCancel(ctx))
	defer stopDraining()
	connection := start(context.WithoutCancel(ctx), t.client.run)
	defer context.AfterFunc(ctx, func() {
		if lostLease(ctx) {
			stopDraining()
			connection.stop()
			return
		}
		time.AfterFunc(t.limits.Drain, stopDraining)
	})()

	acknowledging := start(context.WithoutCancel(ctx), t.down.acknowledge)
	publishing := start(draining, t.down.window.run)
	uplinks := start(ctx, func(ctx context.Context) {
		<-ctx.Done()
		t.up.drain(draining)
	})

	watching := start(ctx, t.watch.run)
	keeping := start(ctx, t.kept.run)

	t.down.run(ctx)
	watching.wait()
	keeping.wait()
	t.down.window.close()
	publishing.wait()
	uplinks.wait()
	acknowledging.stop()
	if !lostLease(ctx) {
		t.down.acknowledgeNow(context.WithoutCancel(ctx))
	}
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
