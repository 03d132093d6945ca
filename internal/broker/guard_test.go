package broker_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/broker"
)

// isWell shows that messages pass from a client to the gateway and back.
func (w *world) isWell(c *wire) {
	w.t.Helper()
	c.subscribes("chat/user/bob/acks")
	c.publish("chat/user/bob/sync", "well?")
	w.gateway.receives("chat/user/bob/sync", "well?")
	w.gateway.publishes("chat/user/bob/acks", "well")
	c.receives("chat/user/bob/acks", "well")
}

// A panic of mochi skips its own tidying up.
func TestNothingStaysOfASessionThatEndedInAPanic(t *testing.T) {
	w := start(t)
	c := w.connected(v5, "alice")
	c.subscribes("chat/user/alice/messages")
	c.sendBytes([]byte{0x82, 6, 0, 1, 0, 0, 1, 'a'})
	c.cutOff()
	w.awaitCounted("palabre_broker_panics_total", "", 1)
	eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })
	w.gateway.publishes("chat/user/alice/messages", "to nobody")
	c = w.wire(v5)
	if c.connect("alice", "alice-token", kept).SessionPresent {
		t.Error("the session is still there")
	}
	c.subscribes("chat/user/alice/messages")
	w.gateway.publishes("chat/user/alice/messages", "to alice")
	c.receives("chat/user/alice/messages", "to alice")
}

func TestADeepFilterFreezesNobody(t *testing.T) {
	w := start(t)
	bob := w.connected(v311, "bob")
	deep := strings.Repeat("/", 30_000)
	for _, version := range []byte{v311, v5} {
		c := w.connected(version, "alice")
		for _, filter := range []string{deep, "chat/user/alice" + deep, "$share/g" + deep, "chat/user/alice" + deep + "+"} {
			began := time.Now()
			if code := c.subscribe(filter)[0]; code < 0x80 {
				t.Errorf("granted 0x%02x", code)
			}
			c.send(packets.Packet{
				FixedHeader: packets.FixedHeader{Type: packets.Unsubscribe, Qos: 1}, PacketID: c.nextID(),
				Filters: packets.Subscriptions{{Filter: filter}},
			})
			c.read(packets.Unsuback)
			c.publish(strings.TrimRight(filter, "+"), "deep")
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
		}
	}
	w.isWell(bob)
}

func TestASilentSocketIsClosed(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.ConnectTimeout = 100 * time.Millisecond }))
	silent, half := w.wire(v311), w.wire(v311)
	half.sendBytes(encode(t, connectPacket("alice", "alice-token"), v311)[:10])
	silent.cutOff()
	half.cutOff()
	w.awaitCounted("palabre_broker_connections_refused_total", "connect_timeout", 2)
}

func TestASessionMaySayNothingForItsKeepAlive(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.ConnectTimeout = 100 * time.Millisecond }))
	c := w.connected(v311, "alice")
	lazy := w.connected(v311, "bob", func(pk *packets.Packet) { pk.Connect.Keepalive = 1 })
	lazy.cutOff() // after 1.5 s
	w.awaitCounted("palabre_broker_connections_cut_total", "keep_alive", 1)
	c.ping()
}

func TestASlowReaderIsCutAndNobodyWaitsForIt(t *testing.T) {
	w := start(t)
	slow := w.connected(v311, "alice")
	slow.subscribes("chat/conversation/c1") // and does not read from here on
	bob := w.connects("bob")
	bob.subscribes("chat/conversation/c1")

	const messages = 500
	payload := strings.Repeat("x", 60<<10)
	for i := range messages {
		w.gateway.publishes("chat/conversation/c1", fmt.Sprint(i, payload))
		bob.receives("chat/conversation/c1", fmt.Sprint(i, payload))
	}
	w.awaitCounted("palabre_broker_slow_consumers_total", "", 1)
	slow.cutOff()
}

func TestASlowReaderDoesNotComeBackToTheSameQueue(t *testing.T) {
	w := start(t)
	alice := w.connected(v311, "alice", kept)
	alice.subscribes("chat/user/alice/messages")
	alice.disconnect()
	eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })
	payload := strings.Repeat("x", 60<<10)
	for range 500 {
		w.gateway.publishes("chat/user/alice/messages", payload)
	}
	w.gateway.settles()
	slow := w.wire(v311)
	slow.send(connectPacket("alice", "alice-token", kept)) // and does not read
	w.awaitCounted("palabre_broker_slow_consumers_total", "", 1)
	eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })

	alice = w.connected(v311, "alice", kept)
	w.gateway.publishes("chat/user/alice/messages", "next")
	alice.receives("chat/user/alice/messages", "next")
}

func TestAReaderThatStopsIsCutAfterTheWriteTimeout(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.WriteTimeout = 100 * time.Millisecond }))
	slow := w.connected(v311, "alice")
	slow.subscribes("chat/conversation/c1")
	slow.nc.(*net.TCPConn).SetReadBuffer(4 << 10)
	payload := strings.Repeat("x", 60<<10)
	for range 120 { // more than the system buffers, less than the broker does
		w.gateway.publishes("chat/conversation/c1", payload)
	}
	w.awaitCounted("palabre_broker_slow_consumers_total", "", 1)
	eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })
}

func TestConnectionsAreBounded(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.Connections = 2 }))
	first := w.connected(v311, "alice")
	w.connected(v311, "bob")
	w.wire(v311).cutOff()
	w.awaitCounted("palabre_broker_connections_refused_total", "total_limit", 1)
	if w.counted("palabre_broker_connections", "tcp") != 2 || w.counted("palabre_broker_connections", "memory") != 1 {
		t.Error("the connections are miscounted")
	}
	first.disconnect()
	w.awaitCounted("palabre_broker_connections", "tcp", 1)
	eventually(t, "adele connects", func() bool {
		c := w.wire(v311)
		c.send(connectPacket("adele", "adele-token"))
		pk, err := c.next()
		return err == nil && pk.ReasonCode == 0
	})
}
