package mqtttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// connection is one of a device's to the broker, from CONNECT to its end.
type connection struct {
	paho.Client
	inbox chan paho.Message
	lost  chan struct{}
}

// answerTime is how long the broker may take to answer a packet.
const answerTime = 5 * time.Second

var errNoAnswer = errors.New("no answer from the broker")

// connect connects the way clients are told to: a client of its own for each connection, which never reconnects by itself.
func connect(o *paho.ClientOptions) (*connection, error) {
	c := &connection{inbox: make(chan paho.Message, 100_000), lost: make(chan struct{})}
	o.SetProtocolVersion(4).SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(answerTime).
		SetWriteTimeout(answerTime).SetKeepAlive(30 * time.Second).
		SetConnectionLostHandler(func(paho.Client, error) { close(c.lost) }).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { c.inbox <- m })
	c.Client = paho.NewClient(o)
	if err := settled(c.Connect()); err != nil {
		c.Disconnect(0)
		return nil, fmt.Errorf("connect: %w", err)
	}
	return c, nil
}

// subscribe subscribes to topics, and fails when one is not granted as asked for.
func (c *connection) subscribe(qos byte, topics ...string) error {
	for _, topic := range topics {
		code, err := c.tryToSubscribe(topic, qos)
		if err == nil && code != qos {
			err = fmt.Errorf("answered 0x%02x", code)
		}
		if err != nil {
			return fmt.Errorf("subscribe to %s: %w", topic, err)
		}
	}
	return nil
}

// tryToSubscribe answers what the broker does.
func (c *connection) tryToSubscribe(topic string, qos byte) (code byte, err error) {
	token, ok := c.Subscribe(topic, qos, nil).(*paho.SubscribeToken)
	if !ok {
		return 0, errNoAnswer
	}
	if err := settled(token); err != nil {
		return 0, err
	}
	for _, code := range token.Result() { // of one: paho leaves out what comes before the filter of a $share
		return code, nil
	}
	return 0, errNoAnswer
}

// settled waits for a token with a limit, since one may never be done.
func settled(token paho.Token) error {
	if !token.WaitTimeout(answerTime) {
		return errNoAnswer
	}
	return token.Error()
}

// over says that the connection has ended.
func (c *connection) over() bool {
	select {
	case <-c.lost:
		return true
	default:
		return false
	}
}

// newID makes an id that nobody else has.
func newID() string { return rand.Text()[:12] }

// pause waits, unless the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// AwaitAccount waits until a broker that is told of users has been told of one, and lets them in.
func AwaitAccount(t testing.TB, s Setup, user string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		c, err := connect(s.options(user, s.Password(t, user)).SetClientID("early-" + newID()))
		if err == nil {
			c.Disconnect(0)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", user, err)
		}
		<-time.After(100 * time.Millisecond)
	}
}
