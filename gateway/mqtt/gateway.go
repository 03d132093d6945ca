package mqttgw

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Gateway is the MQTT side of Palabre. Make one with New.
type Gateway struct {
	limits Limits
	client *client
	up     *uplink
	down   *downlink
	ran    atomic.Bool
}

// New makes a Gateway that does nothing before Run. Errors: those of Config.Validate, and of a Registerer that has the
// metrics already.
func New(c Config) (*Gateway, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	m, err := newMetrics(c.Registerer)
	if err != nil {
		return nil, fmt.Errorf("mqttgw: %w", err)
	}
	up := newUplink(c, m)
	client := newClient(c, m, up.onPublish)
	up.present = client.now
	return &Gateway{limits: c.Limits, client: client, up: up, down: newDownlink(c, m, client)}, nil
}

// Ready is nil when the gateway does its work: it is connected to the broker and subscribed, and has the event stream.
// Otherwise it says what is missing.
func (g *Gateway) Ready() error {
	return errors.Join(g.client.ready(), g.down.ready())
}

// Run works until ctx ends. Then it takes nothing more, neither from the broker nor from the stream, and goes on for
// Limits.Drain at most with what it has: what is not settled by then stays with the broker or the service, and comes again
// at the next start. It is not an error that either is out of reach; see Ready. It may be called once.
func (g *Gateway) Run(ctx context.Context) error {
	if g.ran.Swap(true) {
		return errors.New("mqttgw: Run may be called once")
	}
	// Whatever works for something else ends after it: the stream, the uplinks and the window, the connection.
	draining, stopDraining := context.WithCancel(context.WithoutCancel(ctx))
	defer stopDraining()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(g.limits.Drain, stopDraining) })()

	connection := start(context.WithoutCancel(ctx), g.client.run)
	acknowledging := start(context.WithoutCancel(ctx), g.down.acknowledge)
	publishing := start(draining, g.down.window.run)
	uplinks := start(ctx, func(ctx context.Context) {
		<-ctx.Done()
		g.up.drain(draining)
	})

	g.down.run(ctx)
	g.down.window.close()
	publishing.wait()
	uplinks.wait()
	acknowledging.stop()
	g.down.acknowledgeNow(context.WithoutCancel(ctx))
	connection.stop()
	return nil
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
