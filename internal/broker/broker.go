package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"golang.org/x/time/rate"
	"google.golang.org/grpc/test/bufconn"
)

// maxInflight is the most that Limits.Inflight may be: packet ids are shared with what clients publish, see takeID.
const maxInflight = 8192

// ErrNotRunning is returned by Dial before Start and after Close.
var ErrNotRunning = errors.New("broker: not running")

// Broker is an MQTT broker in this process. Make it with New.
type Broker struct {
	cfg             Config
	log             *slog.Logger
	metrics         *metrics
	server          *mqtt.Server
	sessions        *sessions
	subscribers     *subscribers
	uplinks         *uplinks
	admission       *admission
	connectsByUser  *rates[user]
	publishesByUser *rates[user]
	publishesByIP   *rates[string]
	gatewayPassword string
	memory          *bufconn.Listener
	panicLog        rate.Sometimes

	// alive is done when the broker closes; checks under way are given up then, which refuses what they are about.
	alive  context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	state    state
	listener net.Listener // nil without Config.Addr
	conns    map[*conn]struct{}
	link     *Link          // nil while none is open
	linking  sync.Mutex     // held while one opens
	serving  sync.WaitGroup // the accept loops, and everything in conns
}

type state int

const (
	stateNew state = iota
	stateRunning
	stateClosed
)

// New checks cfg and makes a broker that does nothing before Start.
func New(cfg Config) (*Broker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("broker: register metrics: %w", err)
	}
	b := &Broker{
		cfg:             cfg,
		log:             cfg.Logger,
		metrics:         m,
		sessions:        newSessions(cfg.Limits),
		uplinks:         newUplinks(cfg.Limits.UplinkWait),
		admission:       newAdmission(cfg.Limits),
		connectsByUser:  newRates[user](cfg.Limits.ConnectsPerUser),
		publishesByUser: newRates[user](cfg.Limits.PublishesPerUser),
		publishesByIP:   newRates[string](cfg.Limits.PublishesPerIP),
		gatewayPassword: rand.Text(),
		memory:          bufconn.Listen(256 << 10),
		panicLog:        rate.Sometimes{First: 10, Interval: time.Second},
		conns:           map[*conn]struct{}{},
		server: mqtt.New(&mqtt.Options{
			Capabilities:             capabilities(cfg.Limits),
			ClientNetWriteBufferSize: 1, // conn gathers writes already
			Logger:                   slog.New(quiet{cfg.Logger.Handler()}),
			SysTopicResendInterval:   24 * 60 * 60, // nobody may read $SYS
		}),
	}
	b.subscribers = newSubscribers(b.server.Topics)
	if err := b.server.AddHook(&hook{b: b}, nil); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b.alive, b.cancel = context.WithCancel(context.Background())
	return b, nil
}

func capabilities(l Limits) *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MinimumProtocolVersion = 4
	c.MaximumClients = math.MaxInt64        // admission counts
	c.MaximumPacketSize = MaxDownlinkPacket // conn holds clients to less
	c.MaximumInflight = maxInflight         // the rules hold clients to less
	c.MaximumClientWritesPending = 1        // deliver goes past this queue
	c.MaximumMessageExpiryInterval = int64(l.SessionExpiry.Seconds())
	c.MaximumSessionExpiryInterval = uint32(l.SessionExpiry.Seconds())
	c.ReceiveMaximum = uplinksPerSession
	c.TopicAliasMaximum = 0
	c.MaximumQos = 1
	c.RetainAvailable = 0
	// Echoing the properties of a PUBLISH in its PUBACK is wrong, and mochi's default.
	c.Compatibilities.NoInheritedPropertiesOnAck = true
	return c
}

// Start listens on Config.Addr and serves until Close. It may be called once.
func (b *Broker) Start() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != stateNew {
		return errors.New("broker: already started")
	}
	if b.cfg.Addr != "" {
		l, err := (&net.ListenConfig{}).Listen(b.alive, "tcp", b.cfg.Addr)
		if err != nil {
			return fmt.Errorf("broker: %w", err)
		}
		b.listener = l
		b.serving.Go(func() { b.accept(l, b.serveTCP) })
	}
	b.serving.Go(func() { b.accept(b.memory, b.serveMemory) })
	if err := b.server.Serve(); err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	b.state = stateRunning
	return nil
}

// Addr is where the TCP listener listens, with the port that was chosen for ":0"; nil before Start or without one.
func (b *Broker) Addr() net.Addr {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listener == nil {
		return nil
	}
	return b.listener.Addr()
}

// Close ends every connection, telling MQTT 5 clients that the server shuts down, and waits for them until ctx is done,
// whose error it returns then. It may be called more than once.
func (b *Broker) Close(ctx context.Context) error {
	conns, ok := b.stop()
	if !ok {
		return nil
	}
	b.unlink(ErrNotRunning)
	for _, c := range conns {
		b.shutDown(c)
	}
	done := make(chan struct{})
	go func() {
		b.serving.Wait()
		_ = b.server.Close() // it ends mochi's housekeeping; nothing in it fails
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		for _, c := range conns {
			c.cut()
		}
		return ctx.Err()
	}
}

// stop accepts nothing any more, and answers the connections there are; false when it was stopped before.
func (b *Broker) stop() ([]*conn, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == stateClosed {
		return nil, false
	}
	b.state = stateClosed
	b.cancel()
	_ = b.memory.Close()
	if b.listener != nil {
		_ = b.listener.Close()
	}
	conns := make([]*conn, 0, len(b.conns))
	for c := range b.conns {
		conns = append(conns, c)
	}
	return conns, true
}
