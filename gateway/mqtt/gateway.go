package mqttgw

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Gateway is the MQTT side of Palabre. Make one with New.
type Gateway struct {
	config  Config
	metrics *metrics
	ran     atomic.Bool

	mu     sync.Mutex
	active *term // nil while another gateway is active in its place, or none
	idle   error // while active is nil: nil when another gateway is active, otherwise why none is
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
	return &Gateway{config: c, metrics: m, idle: errors.New("not running yet")}, nil
}

// Ready is nil when the gateway does its work: it is connected to the broker and subscribed, and has the event stream; or
// it stands by while another does. Otherwise it says what is missing.
func (g *Gateway) Ready() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.active == nil {
		return g.idle
	}
	return g.active.ready()
}

// Run works until ctx ends, or stands by for another that does. Then it takes nothing more, neither from the broker nor
// from the stream, and goes on for Limits.Drain at most with what it has: what is not settled by then stays with the broker
// or the service, and comes again at the next start. It is not an error that either is out of reach; see Ready. It may be
// called once.
func (g *Gateway) Run(ctx context.Context) error {
	if g.ran.Swap(true) {
		return errors.New("mqttgw: Run may be called once")
	}
	reporting := start(context.WithoutCancel(ctx), g.config.Presence.run)
	defer reporting.stop()
	if !g.config.Broker.Shared {
		g.work(ctx)
		return nil
	}
	newLease(g.config, g.standBy).keep(ctx, g.work)
	return nil
}

// work is one term: from when this gateway becomes the active one until it is to end.
func (g *Gateway) work(ctx context.Context) {
	// What happened while others were active was not observed.
	g.config.Membership.forgetAll()
	t := newTerm(g.config, g.metrics)
	g.mu.Lock()
	g.active = t
	g.mu.Unlock()
	defer g.standBy(errEnded)
	g.metrics.active.Set(1)
	defer g.metrics.active.Set(0)
	t.run(ctx)
}

var errEnded = errors.New("the term of this gateway has ended")

// standBy says that this gateway is not active; nil when another is.
func (g *Gateway) standBy(why error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active, g.idle = nil, why
}
