package mosquitto_test

import (
	"crypto/rand"
	"crypto/tls"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/testenv/servers"
)

const patience = 10 * time.Second

// client is somebody connected to the broker, and what they received.
type client struct {
	t        *testing.T
	paho     paho.Client
	received chan paho.Message
	lost     chan error
}

// connect connects the user, with the options changed by change, and fails the test when the broker refuses.
func connect(t *testing.T, broker *servers.MosquittoServer, user, password string, change ...func(*paho.ClientOptions)) *client {
	t.Helper()
	c := newClient(t, broker, user, password, change...)
	if err := await(c.paho.Connect()); err != nil {
		t.Fatalf("%s connects: %v", user, err)
	}
	return c
}

func newClient(t *testing.T, broker *servers.MosquittoServer, user, password string, change ...func(*paho.ClientOptions)) *client {
	t.Helper()
	c := &client{t: t, received: make(chan paho.Message, 100), lost: make(chan error, 1)}
	options := paho.NewClientOptions().SetProtocolVersion(4).
		AddBroker(broker.URL).SetTLSConfig(&tls.Config{RootCAs: broker.CA}).
		SetClientID(rand.Text()).SetUsername(user).SetPassword(password).
		SetAutoReconnect(false).
		SetDefaultPublishHandler(func(_ paho.Client, message paho.Message) { c.received <- message }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { c.lost <- err })
	for _, apply := range change {
		apply(options)
	}
	c.paho = paho.NewClient(options)
	t.Cleanup(func() { c.paho.Disconnect(0) })
	return c
}

func (c *client) subscribes(filters ...string) {
	c.t.Helper()
	for _, filter := range filters {
		if err := await(c.paho.Subscribe(filter, 1, nil)); err != nil {
			c.t.Fatalf("subscribe to %s: %v", filter, err)
		}
	}
}

// publishes returns when the broker acknowledged. It acknowledges what it drops, too.
func (c *client) publishes(topic, payload string) {
	c.t.Helper()
	if err := await(c.paho.Publish(topic, 1, false, payload)); err != nil {
		c.t.Fatalf("publish on %s: %v", topic, err)
	}
}

// receives fails unless what comes next is the message given.
func (c *client) receives(topic, payload string) {
	c.t.Helper()
	select {
	case message := <-c.received:
		if message.Topic() != topic || string(message.Payload()) != payload {
			c.t.Fatalf("received %q on %s, want %q on %s", message.Payload(), message.Topic(), payload, topic)
		}
	case <-time.After(patience):
		c.t.Fatalf("received nothing, want %q on %s", payload, topic)
	}
}

func (c *client) isDisconnected() {
	c.t.Helper()
	select {
	case <-c.lost:
	case <-time.After(patience):
		c.t.Fatal("is still connected")
	}
}

func await(token paho.Token) error {
	if !token.WaitTimeout(patience) {
		return errNoAnswer
	}
	return token.Error()
}
