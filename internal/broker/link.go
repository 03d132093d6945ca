package broker

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Receive takes what a client has published: one message after the other of each client. It must not wait, nor call the Link.
// acknowledge is called once the message is settled, and may be called from anywhere then; it is nil at QoS 0. The id is of
// those not acknowledged; another Link that gets a message again gets it under the same.
type Receive func(id uint16, topic string, payload []byte, acknowledge func())

// Link is how the gateway of this process and the broker reach each other: by calls, with no MQTT, no connection and no
// goroutine in between. Of several the one that was opened last counts. Make it with NewLink.
type Link struct {
	b       *Broker
	receive Receive
	lost    func(error)
	closed  atomic.Bool
}

var errLinkReplaced = errors.New("broker: another gateway has a link now")

// NewLink makes a link that is not open. lost is called when it ends otherwise than by Close.
func (b *Broker) NewLink(receive Receive, lost func(error)) *Link {
	return &Link{b: b, receive: receive, lost: lost}
}

// Open begins with what was not acknowledged on another link, before it returns. It may be called once. Returns ErrNotRunning
// before Start and after Close.
func (l *Link) Open() error {
	l.b.linking.Lock()
	defer l.b.linking.Unlock()
	before, err := l.b.setLink(l)
	if err != nil {
		return err
	}
	if before != nil {
		before.end(errLinkReplaced)
	}
	l.b.uplinks.arrive(l)
	return nil
}

// Publish hands a message to everybody who has subscribed and may get it; when it returns, it is on its way to those who are
// connected, and kept at QoS 1 for the others. It may be called by many at once. It fails after the end of the link.
func (l *Link) Publish(topic string, qos byte, payload []byte) (err error) {
	defer l.b.rescue("publish", func() { err = fmt.Errorf("broker: publish on %s: panic", topic) })
	if l.closed.Load() {
		return ErrNotRunning
	}
	l.b.deliver(topic, payload, qos)
	return nil
}

// Close ends the link. What is not acknowledged stays for another.
func (l *Link) Close() {
	l.b.mu.Lock()
	if l.b.link == l {
		l.b.link = nil
	}
	l.b.mu.Unlock()
	l.close()
}

// close reports whether the link was open until now.
func (l *Link) close() bool {
	if l.closed.Swap(true) {
		return false
	}
	l.b.uplinks.leave(l)
	return true
}

// end closes the link, and says why.
func (l *Link) end(why error) {
	if l.close() {
		l.lost(why)
	}
}

// hand implements gateway.
func (l *Link) hand(id uint16, name string, payload []byte, _ bool) error {
	if l.closed.Load() {
		return ErrNotRunning
	}
	var acknowledge func()
	if id != 0 {
		acknowledge = func() { l.b.uplinks.settled(l, id) }
	}
	l.receive(id, name, payload, acknowledge)
	return nil
}

// busy implements gateway: the gateway drops itself what it has no room for.
func (l *Link) busy() bool { return false }

// setLink makes a link the present one, and answers the one before.
func (b *Broker) setLink(l *Link) (before *Link, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != stateRunning {
		return nil, ErrNotRunning
	}
	before, b.link = b.link, l
	return before, nil
}

// arriveUnlinked makes a client the gateway, unless there is a link: that counts, whatever is on its way to a client.
func (b *Broker) arriveUnlinked(s *session) {
	b.linking.Lock()
	defer b.linking.Unlock()
	b.mu.Lock()
	linked := b.link != nil
	b.mu.Unlock()
	if !linked {
		b.uplinks.arrive(s)
	}
}

// unlink ends the present link.
func (b *Broker) unlink(why error) {
	b.mu.Lock()
	l := b.link
	b.link = nil
	b.mu.Unlock()
	if l != nil {
		l.end(why)
	}
}
