package mqttgw

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Gateway is the MQTT side of Palabre. Make one with New.
type Gateway struct {
	config  Config
	metrics *metrics
	ran     atomic.Bool

	mu     sync.Mutex
	active map[int]*term // by slot, where this gateway is the active one
	idle   map[int]error // of the other slots: nil when another gateway is active, otherwise why none is
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
	return &Gateway{config: c, metrics: m, active: map[int]*term{}, idle: map[int]error{0: errors.New("not running yet")}}, nil
}

// Ready is nil when the gateway does its work: it is connected to the broker and subscribed, and has the event stream; or
// it stands by while another does. Otherwise it says what is missing.
func (g *Gateway) Ready() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var missing []error
	for _, t := range g.active {
		missing = append(missing, t.ready())
	}
	if len(g.active) == 0 {
		missing = slices.Collect(maps.Values(g.idle))
	}
	return errors.Join(missing...)
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
		g.work(ctx, newSlot(0, ""))
		return nil
	}
	newSlots(g.config, g.work, g.standBy).keep(ctx)
	return nil
}

// work is one term: from when this gateway becomes the active one in a slot until it is to end.
func (g *Gateway) work(ctx context.Context, s slot) {
	// What happened while others were active was not observed.
	g.config.Membership.forgetAll()
	t := newTerm(g.config, g.metrics, s)
	g.mu.Lock()
	g.active[s.number] = t
	g.mu.Unlock()
	defer g.standBy(s.number, errEnded)
	g.metrics.active.Inc()
	defer g.metrics.active.Dec()
	t.run(ctx)
}

var errEnded = errors.New("the term of this gateway has ended")

// standBy says that this gateway is not active in a slot; nil when another is.
func (g *Gateway) standBy(slot int, why error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.active, slot)
	g.idle[slot] = why
}
