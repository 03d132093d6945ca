package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Over is how load reaches the server.
type Over string

// The ways.
const (
	OverGRPC Over = "grpc"
	OverMQTT Over = "mqtt"
	// OverREST reads pages of history, since nothing is sent over REST.
	OverREST Over = "rest"
)

// Config says what load to put on which server. A zero takes the default that is named with it.
type Config struct {
	// Over is OverGRPC by default.
	Over Over `json:"over"`
	// Senders send at the same time, each waiting for its answer: 8. Over REST they are readers.
	Senders int `json:"senders"`
	// Receivers listen to each conversation; with none, the history alone is checked.
	Receivers int `json:"receivers"`
	// Conversations is among how many the senders are spread: one for each sender.
	Conversations int `json:"conversations"`
	// Payload is the size of a message's content, in bytes: 200.
	Payload int `json:"payloadBytes"`
	// Rate is how many messages a second are sent in all, evenly; as many as are answered when 0.
	Rate float64 `json:"ratePerSecond"`
	// AwaitReceivers lets a sender wait for all receivers to have a message, and not only for its answer, before the next:
	// so as many messages are on their way as there are senders.
	AwaitReceivers bool `json:"awaitReceivers,omitempty"`
	// WarmUp is checked and not measured; none when 0.
	WarmUp time.Duration `json:"-"`
	// Duration is measured: 10 s.
	Duration time.Duration `json:"-"`
	// Drain is how long to wait, at the end, after the last message that arrives: 5 s.
	Drain time.Duration `json:"-"`
	// Messages is, over REST, how many messages each conversation has; those it lacks are written first: 1,000.
	Messages int `json:"messages,omitempty"`
	// Page is, over REST, how many messages a page has: 50.
	Page int `json:"page,omitempty"`
	// Stream sends over gRPC on a stream for each sender instead of by single calls.
	Stream bool `json:"stream,omitempty"`
	// BackEnd sends over gRPC in the users' names on a stream for each connection, as a back end, a gateway or a bot does. APIKey is
	// the application's, for that.
	BackEnd bool   `json:"backEnd,omitempty"`
	APIKey  string `json:"-"`
	// Connections are shared by the senders over gRPC: 8.
	Connections int `json:"connections,omitempty"`

	// Name is part of the users' ids, `bench-NAME-…`. With the name of an earlier run, conversations of two are found
	// again with what is in them; by default it is made up.
	Name string `json:"name"`
	// GRPC, REST and MQTT are the server's addresses: host:port, or with the scheme tls, https or tls for TLS. gRPC is
	// needed to make conversations, whatever the load is over.
	GRPC string `json:"-"`
	REST string `json:"-"`
	MQTT string `json:"-"`
	// MQTTPassword is what a user connects to the broker with; their token when nil. MQTTTLS is how the broker is trusted, by the
	// system's authorities when nil.
	MQTTPassword func(userID string) string `json:"-"`
	MQTTTLS      *tls.Config                `json:"-"`
	// SubscribeAt0 subscribes at QoS 0, for brokers where subscriptions of QoS 1 cost too much.
	SubscribeAt0 bool `json:"-"`
	// TopicPrefix is the application's: `chat`.
	TopicPrefix string `json:"-"`
	// Token answers the token of a user. Required.
	Token func(userID string) (string, error) `json:"-"`
	// Progress, when given, hears several times a second how far the run is.
	Progress func(Progress) `json:"-"`
}

// Progress is how far a run is.
type Progress struct {
	// Phase is what is being done: preparing, warming up, measuring, draining, checking.
	Phase string
	// Elapsed is of Total, both zero while it is not known how long the phase takes.
	Elapsed, Total time.Duration
	// Acknowledged and Received count since the beginning.
	Acknowledged, Received int64
}

const (
	// callTimeout bounds each send, from the client's side.
	callTimeout = 15 * time.Second
	// maxPayload is the largest content that every way takes: 8,000 characters in the contract.
	maxPayload = 8000
)

var validName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,24}$`)

// Validate names the first field that cannot be.
func (c Config) Validate() error {
	switch {
	case c.Over != OverGRPC && c.Over != OverMQTT && c.Over != OverREST:
		return fmt.Errorf("over: %q is not grpc, mqtt or rest", c.Over)
	case c.Stream && c.Over != OverGRPC:
		return errors.New("stream: only gRPC has streams to send on")
	case c.BackEnd && (c.Over != OverGRPC || c.Stream):
		return errors.New("back-end: has streams of its own, over gRPC")
	case c.BackEnd && c.APIKey == "":
		return errors.New("back-end: the application has no API key")
	case c.BackEnd && c.Senders > maxWaiting:
		return fmt.Errorf("back-end: has at most %d senders", maxWaiting)
	case c.Senders < 1 || c.Conversations < 1 || c.Connections < 1 || c.Messages < 1:
		return errors.New("senders, conversations, connections, messages: must be at least 1")
	case c.Receivers < 0 || c.Rate < 0 || c.WarmUp < 0 || c.Drain < 0 || c.Duration < 0:
		return errors.New("receivers, rate, warm-up, duration, drain: must not be negative")
	case c.Payload < 1 || c.Payload > maxPayload:
		return fmt.Errorf("payload: must be 1 to %d bytes", maxPayload)
	case c.Page < 1 || c.Page > 200:
		return errors.New("page: must be 1 to 200 messages")
	case !validName.MatchString(c.Name):
		return fmt.Errorf("name: %q is not 1 to 24 letters, digits, _ and -", c.Name)
	case c.Token == nil:
		return errors.New("bench: Token is required")
	}
	return nil
}

func (c Config) withDefaults() Config {
	orDefault(&c.Over, OverGRPC)
	orDefault(&c.Senders, 8)
	orDefault(&c.Conversations, c.Senders)
	orDefault(&c.Payload, 200)
	orDefault(&c.Duration, 10*time.Second)
	orDefault(&c.Drain, 5*time.Second)
	orDefault(&c.Messages, 1000)
	orDefault(&c.Page, 50)
	orDefault(&c.Connections, min(8, max(1, c.Senders)))
	orDefault(&c.Name, newName())
	orDefault(&c.TopicPrefix, "chat")
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	if c.Over == OverREST {
		c.Receivers = 0
	}
	c.AwaitReceivers = c.AwaitReceivers && c.Receivers > 0
	return c
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// bounded is a context for one call: an interrupt ends the run, not the call that is under way.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
}
