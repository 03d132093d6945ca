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
	config    BrokerConfig
	filters   []string
	onMessage func(*session, paho.Message)
	limits    Limits
	log       *slog.Logger
	metrics   *metrics

	mu      sync.Mutex
	current *session      // nil unless connected and subscribed
	changed chan struct{} // closed when current is set
	err     error         // why there is none
}

func newClient(c Config, m *metrics, onMessage func(*session, paho.Message)) *client {
	var filters []string
	for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
		filters = append(filters, topic.UplinkFilters(c.Applications[id].Prefix)...)
	}
	return &client{
		config: c.Broker, filters: filters, onMessage: onMessage, limits: c.Limits, log: c.Logger, metrics: m,
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
			wait.reset()
		}
		if wait.pause(ctx, 0) != nil {
			return
		}
	}
}

// serve is one session: connect, subscribe, be there until it is lost. It answers why it ended.
func (c *client) serve(ctx context.Context) error {
	s, err := openSession(ctx, c.config, c.onMessage)
	if err == nil {
		defer s.close()
		err = s.subscribe(ctx, c.filters)
	}
	if err != nil {
		c.set(nil, err)
		return err
	}
	c.set(s, nil)
	c.log.InfoContext(ctx, "connected to the MQTT broker", "client_id", c.config.ClientID)
	select {
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-s.lost:
		err = s.why()
	}
	c.set(nil, err)
	return err
}

func (c *client) set(s *session, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.err = s, err
	if s == nil {
		c.metrics.connected.Set(0)
		return
	}
	c.metrics.connected.Set(1)
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
	c.ClientID = "palabre-probe-" + rand.Text()[:8]
	options, err := c.options()
	if err != nil {
		return err
	}
	options.SetCleanSession(true)
	probe := paho.NewClient(options)
	defer probe.Disconnect(goodbye)
	return await(ctx, probe.Connect(), 2*connectTimeout)
}
