package mqttgw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/backoff"
)

// Config is what a Gateway is made of. Applications, Chat, Verifier and Broker are required.
type Config struct {
	// Applications are those served, by their ids. Events of others are passed over.
	Applications map[string]Application
	// Chat is the service, called with auth.ActAs in users' names and as the component "mqtt".
	Chat chatv1.ChatServiceClient
	// Verifier proves the sender of what comes on {prefix}/message/send.
	Verifier Verifier
	// Membership is shared with the broker, which is made before the gateway; one of its own when nil.
	Membership *Membership
	// Presence is shared with a broker that tells of connections; one of its own when nil.
	Presence *Presence
	// Broker says how to reach the broker.
	Broker BrokerConfig
	// DynamicSecurity is for a Mosquitto with that plugin, where the gateway keeps the accounts of users; nil elsewhere.
	DynamicSecurity *DynamicSecurity
	// OnMembershipRemoved hears that a subject has left a conversation, before the event that says so is published. From
	// then on Membership denies.
	OnMembershipRemoved func(applicationID, subject, conversationID string)
	// Heard says whether anybody has subscribed to a topic, connected or not; what nobody would get is not published. Nil
	// with a broker that does not tell.
	Heard func(topic string) bool
	// Edge says that the broker is this process's own and keeps nothing beyond its end. There may be others like it, whose
	// clients are others: so what only clients hear of, as typing, is passed on between them. And the event stream begins at
	// the present, as clients that connect have nothing and sync; the service does not keep how far it has come.
	Edge bool
	// Limits bound the work under way; each zero has a default.
	Limits Limits
	// Logger receives what operators should know. slog.Default by default.
	Logger *slog.Logger
	// Registerer receives the palabre_mqtt_… metrics; nil registers nothing.
	Registerer prometheus.Registerer
}

// Verifier proves the bearer of a token; *auth.Verifier does.
type Verifier interface {
	// Token answers the principal that the token was issued to. An error that wraps auth.ErrKeysUnavailable may pass; any
	// other means that the token proves nothing.
	Token(ctx context.Context, token string) (auth.Principal, error)
}

// Application is how one application appears on the broker.
type Application struct {
	// Prefix is the first level of its topics, its own in the deployment.
	Prefix string
	// GroupDelivery is where the events of its groups go. When empty: DeliverBoth where the broker checks membership,
	// otherwise DeliverInbox.
	GroupDelivery GroupDelivery
}

// GroupDelivery is where the events of groups and broadcasts are published.
type GroupDelivery string

const (
	// DeliverInbox is every member's …/messages.
	DeliverInbox GroupDelivery = "inbox"
	// DeliverConversation is {prefix}/conversation/{id} alone, but for what members must learn without being subscribed to
	// it: that they were added or removed, and changes of the conversation itself.
	DeliverConversation GroupDelivery = "conversation"
	// DeliverBoth is both; clients tell repeats by their eventId.
	DeliverBoth GroupDelivery = "both"
)

// BrokerConfig says how to reach the broker: by URL, Link or Dial.
type BrokerConfig struct {
	// URL is tcp://, mqtt://, tls://, ssl://, mqtts://, ws:// or wss:// host:port.
	URL string
	// Link links the gateway to the broker of this process, in place of URL.
	Link NewLink
	// Dial opens a connection in another way than URL says.
	Dial func() (net.Conn, error)
	// Username and Password are the gateway's.
	Username, Password string
	// CAFile is a PEM file of the authorities that sign the broker's certificate; those of the system when empty.
	CAFile string
	// Shared says that gateways of other processes may connect there too. They have Slots among them, and those that have
	// none stand by.
	Shared bool
	// Slots is how many gateways are active at once where Shared: 1 by default. Each has a session of its own. More than one share
	// the uplinks ($share), which the broker has to know, and which loses the order in which somebody sends without waiting for
	// acks. The first slot publishes the events, all of them.
	Slots int
	// ChecksMembership says that the broker lets only members subscribe to the topics of a conversation.
	ChecksMembership bool
}

// Limits bound the work under way. A zero takes the default that is named with each.
type Limits struct {
	// Queue is how many uplinks may wait in the gateway: 16,384. It should be more than the broker sends without
	// acknowledgement, which the embedded one limits to 8,192; what is beyond it stays with the broker.
	Queue int
	// Calls is how many calls for uplinks may be under way at once: 256.
	Calls int
	// CallTimeout bounds each attempt of a call: 10 s.
	CallTimeout time.Duration
	// Attempts is how often an uplink is tried that fails in a way which seldom passes: 4.
	Attempts int
	// RetryAfter is the wait before the first repeated attempt, of calls, streams and connections: 100 ms. It doubles up to
	// MaxRetryAfter: 5 s.
	RetryAfter, MaxRetryAfter time.Duration
	// Window is how many publishes of events may wait for the broker's acknowledgement: 1,000.
	Window int
	// PubackTimeout is how long the oldest of them may wait before the connection is made anew: 20 s.
	PubackTimeout time.Duration
	// AcknowledgeEvery is how often the service is told how far the events are done: 500 ms, or AcknowledgeEvents events if
	// that is sooner: 500.
	AcknowledgeEvery  time.Duration
	AcknowledgeEvents int
	// LeaseTime is how long after a gateway was heard of last another takes its place, where Broker.Shared: 2 s.
	LeaseTime time.Duration
	// Drain is how long Run goes on at its end with what is under way: 5 s.
	Drain time.Duration
}

// Validate names the first field that is missing or wrong.
func (c Config) Validate() error {
	switch {
	case len(c.Applications) == 0:
		return errors.New("mqttgw: Applications is empty: there is no application to serve")
	case c.Chat == nil:
		return errors.New("mqttgw: Chat is required")
	case c.Verifier == nil:
		return errors.New("mqttgw: Verifier is required")
	}
	owner := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
		a := c.Applications[id]
		if err := a.validate(id); err != nil {
			return err
		}
		if other, taken := owner[a.Prefix]; taken {
			return fmt.Errorf("mqttgw: Applications[%q].Prefix: %q is that of %q", id, a.Prefix, other)
		}
		owner[a.Prefix] = id
	}
	if err := c.Broker.Validate(); err != nil {
		return fmt.Errorf("mqttgw: Broker.%w", err)
	}
	if c.DynamicSecurity != nil {
		if err := c.DynamicSecurity.validate(); err != nil {
			return fmt.Errorf("mqttgw: DynamicSecurity.%w", err)
		}
	}
	return c.Limits.validate()
}

func (a Application) validate(id string) error {
	if !topic.ValidPrefix(a.Prefix) {
		return fmt.Errorf("mqttgw: Applications[%q].Prefix: %q cannot be a topic prefix", id, a.Prefix)
	}
	switch a.GroupDelivery {
	case "", DeliverInbox, DeliverConversation, DeliverBoth:
		return nil
	}
	return fmt.Errorf("mqttgw: Applications[%q].GroupDelivery: %q is not both, inbox or conversation", id, a.GroupDelivery)
}

// Validate names the first field that is missing or wrong.
func (c BrokerConfig) Validate() error {
	switch {
	case c.ways() != 1:
		return errors.New("URL: either it, Link or Dial says how to reach the broker")
	case c.Slots < 0 || c.Slots > MaxSlots:
		return fmt.Errorf("Slots: %d is not from 1 to %d", c.Slots, MaxSlots) //nolint:staticcheck // it names the field
	case c.Slots > 1 && !c.Shared:
		return errors.New("Slots: is for a broker that is Shared") //nolint:staticcheck // it names the field
	}
	return nil
}

// ways is in how many ways the broker can be reached.
func (c BrokerConfig) ways() (n int) {
	for _, there := range []bool{c.URL != "", c.Link != nil, c.Dial != nil} {
		if there {
			n++
		}
	}
	return n
}

func (l Limits) validate() error {
	for _, limit := range []struct {
		field string
		value int64
	}{
		{"Queue", int64(l.Queue)}, {"Calls", int64(l.Calls)}, {"CallTimeout", int64(l.CallTimeout)},
		{"Attempts", int64(l.Attempts)}, {"RetryAfter", int64(l.RetryAfter)}, {"MaxRetryAfter", int64(l.MaxRetryAfter)},
		{"Window", int64(l.Window)}, {"PubackTimeout", int64(l.PubackTimeout)},
		{"AcknowledgeEvery", int64(l.AcknowledgeEvery)}, {"AcknowledgeEvents", int64(l.AcknowledgeEvents)},
		{"LeaseTime", int64(l.LeaseTime)}, {"Drain", int64(l.Drain)},
	} {
		if limit.value < 0 {
			return fmt.Errorf("mqttgw: Limits.%s: must not be negative", limit.field)
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	orDefault(&c.Broker.Slots, 1)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Limits = c.Limits.withDefaults()
	if c.DynamicSecurity != nil {
		c.DynamicSecurity = c.DynamicSecurity.withDefaults()
		c.Broker.ChecksMembership = true
	}
	delivery := DeliverInbox
	if c.Broker.ChecksMembership {
		delivery = DeliverBoth
	}
	c.Applications = maps.Clone(c.Applications)
	for id, a := range c.Applications {
		orDefault(&a.GroupDelivery, delivery)
		c.Applications[id] = a
	}
	if c.Membership == nil {
		c.Membership = NewMembership(MembershipConfig{Chat: c.Chat, Logger: c.Logger})
	}
	if c.Presence == nil {
		c.Presence = NewPresence(PresenceConfig{Chat: c.Chat, Logger: c.Logger})
	}
	return c
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Queue, 16_384)
	orDefault(&l.Calls, 256)
	orDefault(&l.CallTimeout, 10*time.Second)
	orDefault(&l.Attempts, 4)
	orDefault(&l.RetryAfter, 100*time.Millisecond)
	orDefault(&l.MaxRetryAfter, 5*time.Second)
	orDefault(&l.Window, 1_000)
	orDefault(&l.PubackTimeout, 20*time.Second)
	orDefault(&l.AcknowledgeEvery, 500*time.Millisecond)
	orDefault(&l.AcknowledgeEvents, 500)
	orDefault(&l.LeaseTime, 2*time.Second)
	orDefault(&l.Drain, 5*time.Second)
	return l
}

// backoff makes the waits between attempts.
func (l Limits) backoff() *backoff.Backoff {
	return &backoff.Backoff{First: l.RetryAfter, Limit: l.MaxRetryAfter}
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
