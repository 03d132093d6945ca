package mqttgw

import (
	"fmt"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// Receive takes what a client has published; the embedded broker calls it. acknowledge says that it is settled, and is nil at
// QoS 0; the id is of those not acknowledged.
type Receive func(id uint16, topic string, payload []byte, acknowledge func())

// Link is how the gateway reaches the broker of its own process: by calls. Between the two MQTT would cost two encodings, a
// connection and a dozen turns of goroutines for each message.
type Link interface {
	// Open begins: Receive is called from then on, with what was not acknowledged on another link before it returns.
	Open() error
	// Publish hands a message over to those who have subscribed; it has them when it returns.
	Publish(topic string, qos byte, payload []byte) error
	// Close ends the link. What is not acknowledged stays with the broker, for the next one.
	Close()
}

// NewLink makes a link that is not open; lost is called when it ends otherwise than by Close.
type NewLink func(receive Receive, lost func(error)) Link

// openLink makes a session of a link.
func openLink(newLink NewLink, onMessage func(*session, paho.Message)) (*session, error) {
	s := &session{lost: make(chan struct{})}
	s.link = newLink(func(id uint16, topic string, payload []byte, acknowledge func()) {
		if !s.over() { // what comes later is delivered again
			onMessage(s, &linkedMessage{id, topic, payload, acknowledge})
		}
	}, s.end)
	if err := s.link.Open(); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return s, nil
}

// linkedMessage is a PUBLISH that came by a link.
type linkedMessage struct {
	id          uint16
	topic       string
	payload     []byte
	acknowledge func() // nil at QoS 0
}

// Duplicate implements paho.Message.
func (*linkedMessage) Duplicate() bool { return false }

// Qos implements paho.Message.
func (m *linkedMessage) Qos() byte {
	if m.acknowledge == nil {
		return 0
	}
	return 1
}

// Retained implements paho.Message: the embedded broker retains nothing.
func (*linkedMessage) Retained() bool { return false }

// Topic implements paho.Message.
func (m *linkedMessage) Topic() string { return m.topic }

// MessageID implements paho.Message.
func (m *linkedMessage) MessageID() uint16 { return m.id }

// Payload implements paho.Message.
func (m *linkedMessage) Payload() []byte { return m.payload }

// Ack implements paho.Message.
func (m *linkedMessage) Ack() {
	if m.acknowledge != nil {
		m.acknowledge()
	}
}

// publishedToken is the token of what went by a link, which is done at once.
type publishedToken struct{ err error }

var alreadyDone = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Wait implements paho.Token.
func (publishedToken) Wait() bool { return true }

// WaitTimeout implements paho.Token.
func (publishedToken) WaitTimeout(time.Duration) bool { return true }

// Done implements paho.Token.
func (publishedToken) Done() <-chan struct{} { return alreadyDone }

// Error implements paho.Token.
func (t publishedToken) Error() error { return t.err }
