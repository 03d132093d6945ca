package broker_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/broker"
)

// linked is a gateway of this process, and what came to it.
type linked struct {
	*broker.Link
	t        testing.TB
	received chan linkedMessage
	lost     chan error
}

type linkedMessage struct {
	id          uint16
	topic       string
	payload     string
	acknowledge func()
}

// links opens a link, in the place of whatever gateway there is.
func (w *world) links() *linked {
	w.t.Helper()
	l := &linked{t: w.t, received: make(chan linkedMessage, 1000), lost: make(chan error, 10)}
	l.Link = w.NewLink(func(id uint16, topic string, payload []byte, acknowledge func()) {
		l.received <- linkedMessage{id, topic, string(payload), acknowledge}
	}, func(why error) { l.lost <- why })
	if err := l.Open(); err != nil {
		w.t.Fatal(err)
	}
	return l
}

// taken is the next message, unacknowledged.
func (l *linked) taken(payload string) linkedMessage {
	l.t.Helper()
	m := await(l.t, l.received)
	if m.payload != payload {
		l.t.Fatalf("the gateway got %.100s, want %s", m.payload, payload)
	}
	return m
}

// await is the next of what comes.
func await[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case next := <-from:
		return next
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestByALinkThePUBACKOfAClientIsTheGatewaysToo(t *testing.T) {
	w := start(t)
	l := w.links()
	for _, version := range []byte{v311, v5} {
		alice := w.connected(version, "alice")
		pk := alice.publishPacket("chat/user/alice/send", "bonjour")
		alice.send(pk)
		m := l.taken("bonjour")
		if m.topic != "chat/user/alice/send" || m.id == 0 {
			t.Errorf("it came on %s as %d", m.topic, m.id)
		}
		alice.silent()
		m.acknowledge()
		if ack := alice.read(packets.Puback); ack.PacketID != pk.PacketID || ack.ReasonCode != 0 {
			t.Errorf("PUBACK of %d, 0x%02x", ack.PacketID, ack.ReasonCode)
		}
	}
}

func TestByALinkWhatIsOfQoS0CannotBeAcknowledged(t *testing.T) {
	w := start(t)
	l, alice := w.links(), w.connects("alice")
	alice.Publish("chat/user/alice/typing", 0, false, "typing")
	if m := l.taken("typing"); m.id != 0 || m.acknowledge != nil {
		t.Errorf("it came as %d, and could be acknowledged: %t", m.id, m.acknowledge != nil)
	}
}

func TestTheNextLinkGetsWhatTheLastDidNotAcknowledgeInOrder(t *testing.T) {
	w := start(t)
	alice := w.connected(v311, "alice")
	first := w.links()
	const sent = 100
	var taken []linkedMessage
	for i := range sent {
		alice.send(alice.publishPacket("chat/user/alice/send", fmt.Sprint(i)))
		taken = append(taken, first.taken(fmt.Sprint(i)))
	}
	second := w.links()
	if err := await(t, first.lost); err == nil {
		t.Error("who is replaced is not told")
	}
	taken[0].acknowledge() // by one who is not heard any more
	alice.silent()
	for i := range sent {
		m := second.taken(fmt.Sprint(i))
		if m.id != taken[i].id {
			t.Fatalf("again as %d, it was %d", m.id, taken[i].id)
		}
		m.acknowledge()
		alice.read(packets.Puback)
	}
}

func TestUplinksWaitForALink(t *testing.T) {
	w := start(t)
	w.leavesGateway()
	alice := w.connected(v311, "alice")
	alice.send(alice.publishPacket("chat/user/alice/send", "early"))
	w.links().taken("early").acknowledge()
	alice.read(packets.Puback)
}

func TestWhatIsPublishedByALinkGoesToThoseWhoMayGetIt(t *testing.T) {
	w := start(t)
	l, alice, bob := w.links(), w.connects("alice"), w.connects("bob")
	alice.subscribes("chat/conversation/c1")
	bob.subscribes("chat/conversation/c1")
	w.members.set("geosector", "bob", "c1", false)
	for _, text := range []string{"one", "two"} {
		if err := l.Publish("chat/conversation/c1", 1, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	alice.receives("chat/conversation/c1", "one")
	alice.receives("chat/conversation/c1", "two")
	if got := w.counted("palabre_broker_deliveries_dropped_total", "not_allowed"); got != 2 {
		t.Errorf("%v deliveries were not allowed, want 2", got)
	}
}

func TestALinkEndsWithItselfOrWithTheBroker(t *testing.T) {
	w := start(t)
	closed, open := w.links(), w.links()
	await(t, closed.lost)
	open.Close()
	if err := open.Publish("chat/announcement", 1, nil); !errors.Is(err, broker.ErrNotRunning) {
		t.Errorf("Publish after Close: %v", err)
	}
	last := w.links()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := await(t, last.lost); !errors.Is(err, broker.ErrNotRunning) {
		t.Errorf("the end of the broker: %v", err)
	}
	if len(open.lost) > 0 {
		t.Error("who closed the link is told that it is lost")
	}
	if err := w.NewLink(nil, nil).Open(); !errors.Is(err, broker.ErrNotRunning) {
		t.Errorf("Open after the end: %v", err)
	}
}
