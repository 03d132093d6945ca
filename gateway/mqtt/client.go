package mqttgw

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// settled is how long a connection must have lasted for the next one to be made without a growing wait. Two gateways with
// one client id would otherwise take the session from each other as fast as they can.
const settled = 5 * time.Second

// client keeps a session with the broker, and makes a new one whenever it is lost.
type client struct {
	config BrokerConfig
	slot   slot
	// filters are subscribed to; stale are those of another number of slots, which the session may have from before.
	filters, stale []string
	onMessage      func(*session, paho.Message)
	limits         Limits
	log            *slog.Logger
	metrics        *metrics

	mu      sync.Mutex
	current *session      // nil unless connected and subscribed
	changed chan struct{} // closed when current is set
	err     error         // why there is none
}

// shareGroup is where the gateways share the uplinks, when several are active.
const shareGroup = "$share/gw/"

func newClient(c Config, m *metrics, s slot, onMessage func(*session, paho.Message)) *client {
	var filters, shared []string
	for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
		for _, f := range topic.UplinkFilters(c.Applications[id].Prefix) {
			filters, shared = append(filters, f), append(shared, shareGroup+f)
		}
	}
	if c.Broker.Slots > 1 {
		filters, shared = shared, filters
	}
	return &client{
		config: c.Broker, slot: s, filters: filters, stale: shared, onMessage: onMessage, limits: c.Limits, log: c.Logger, metrics: m,
		changed: make(chan struct{}), err: errors.New("not connected yet"),
	}
}

// run keeps a session until the context ends, and closes it then.
func (c *client) run(ctx context.Context) {
	wait := c.limits.backoff()
	for ctx.Err() == nil {
		began := time.Now()
		err := c.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		c.metrics.retries.WithLabelValues("connection").Inc()
		c.log.WarnContext(ctx, "no connection to the MQTT broker", "error", err)
		if time.Since(began) > settled {
			wait.Reset()
		}
		if wait.Pause(ctx, 0) != nil {
			return
		}
	}
}

// serve is one session: connect, subscribe, be there until it is lost. It answers why it ended.
func (c *client) serve(ctx context.Context) error {
	s, err := openSession(ctx, c.config, c.slot.clientID, c.onMessage)
	if err == nil {
		defer s.close()
		err = c.subscribe(ctx, s)
	}
	if err != nil {
		c.set(nil, err)
		return err
	}
	c.set(s, nil)
	c.log.InfoContext(ctx, "connected to the MQTT broker", "slot", slotName(c.slot.number))
	select {
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-s.lost:
		err = s.why()
	}
	c.set(nil, err)
	return err
}

// subscribe takes the uplinks. It does so on every connection, even when the broker says that it has the session: not all
// of them find the shared ones again. What is stale is taken back after that, so that nothing falls between the two.
func (c *client) subscribe(ctx context.Context, s *session) error {
	if err := s.subscribe(ctx, c.filters); err != nil || !c.config.Shared {
		return err
	}
	return s.unsubscribe(ctx, c.stale)
}

func (c *client) set(s *session, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil {
		c.metrics.connected.Dec()
	}
	c.current, c.err = s, err
	if s == nil {
		return
	}
	c.metrics.connected.Inc()
	close(c.changed)
	c.changed = make(chan struct{})
}

// now answers the present session, or nil.
func (c *client) now() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil || c.current.over() {
		return nil
	}
	return c.current
}

// session waits until there is one.
func (c *client) session(ctx context.Context) (*session, error) {
	for {
		c.mu.Lock()
		s, changed := c.current, c.changed
		c.mu.Unlock()
		if s != nil && !s.over() {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// ready is nil when connected and subscribed.
func (c *client) ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.current == nil:
		return fmt.Errorf("broker: %w", c.err)
	case c.current.over():
		return fmt.Errorf("broker: %w", c.current.why())
	}
	return nil
}

// Probe connects to the broker as the gateway would and leaves again, without disturbing a gateway that runs.
func Probe(ctx context.Context, c BrokerConfig) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return visit(ctx, c, "palabre-probe-"+rand.Text()[:8])
}

// visit connects and leaves again, and leaves nothing behind: a session that the broker kept under the id is gone.
func visit(ctx context.Context, c BrokerConfig, clientID string) error {
	options, err := c.options(clientID)
	if err != nil {
		return err
	}
	options.SetCleanSession(true)
	visitor := paho.NewClient(options)
	defer visitor.Disconnect(goodbye)
	return await(ctx, visitor.Connect(), 2*connectTimeout)
}
