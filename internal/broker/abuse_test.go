package broker_test

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/broker"
)

// Those tests that abuse a victim can be aimed at another broker, to see how it takes what ours does:
//
//	go test ./internal/broker -run TestAbuse -abuse.address 127.0.0.1:1883 -abuse.username u -abuse.password p
var (
	abuseAddress  = flag.String("abuse.address", "", "host:port of a broker to be abused in the place of ours")
	abuseUsername = flag.String("abuse.username", "", "a user of that broker")
	abusePassword = flag.String("abuse.password", "", "the user's password")
)

// victim is the broker that is abused, as seen from the network.
type victim struct {
	t                           testing.TB
	address, username, password string
	ours                        *world // nil when it is another's
}

func newVictim(t testing.TB) *victim {
	t.Helper()
	if *abuseAddress != "" {
		return &victim{t, *abuseAddress, *abuseUsername, *abusePassword, nil}
	}
	w := start(t)
	return &victim{t, w.Addr().String(), "alice", "alice-token", w}
}

func (v *victim) wire(version byte) *wire {
	v.t.Helper()
	nc, err := net.DialTimeout("tcp", v.address, patience)
	if err != nil {
		v.t.Fatal(err)
	}
	return newWire(v.t, nc, version)
}

func (v *victim) connected(version byte, clientID string) *wire {
	v.t.Helper()
	c := v.wire(version)
	if code := c.connect(v.username, v.password, named(clientID)).ReasonCode; code != 0 {
		v.t.Fatalf("CONNACK 0x%02x", code)
	}
	return c
}

// counts says that one of the counters named has counted something. Only ours is asked.
func (v *victim) counts(counters ...[2]string) {
	v.t.Helper()
	if v.ours == nil {
		return
	}
	eventually(v.t, fmt.Sprintf("%q count", counters), func() bool {
		for _, c := range counters {
			if v.ours.counted(c[0], c[1]) > 0 {
				return true
			}
		}
		return false
	})
}

// isWell shows that somebody else is served, and at once.
func (v *victim) isWell() {
	v.t.Helper()
	began := time.Now()
	v.connected(v311, "bystander").ping()
	if took := time.Since(began); took > 2*time.Second {
		v.t.Errorf("another client was served after %v", took)
	}
}

const (
	cut     = "palabre_broker_connections_cut_total"
	refused = "palabre_broker_connections_refused_total"
	dropped = "palabre_broker_publishes_dropped_total"
	delayed = "palabre_broker_publishes_delayed_total"
)

// Each case is sent after a CONNECT, or instead of one, and must end that connection and harm nobody else.
func TestAbuseByPacketsThatNoClientSends(t *testing.T) {
	frame := func(first byte, body ...byte) []byte { return append([]byte{first, byte(len(body))}, body...) }
	publish := func(topic string) []byte {
		return frame(0x30, append([]byte{0, byte(len(topic))}, topic...)...)
	}
	for _, tt := range []struct {
		name    string
		version byte
		first   bool // instead of a CONNECT
		bytes   []byte
	}{
		{"SUBSCRIBE cut before its options", v5, false, frame(0x82, 0, 1, 0, 0, 1, 'a')},
		{"SUBSCRIBE cut in its filter", v5, false, frame(0x82, 0, 1, 0, 0, 9, 'a')},
		{"SUBSCRIBE without filters", v311, false, frame(0x82, 0, 1)},
		{"SUBSCRIBE with packet id 0", v311, false, frame(0x82, 0, 0, 0, 1, 'a', 1)},
		{"SUBSCRIBE for QoS 3", v311, false, frame(0x82, 0, 1, 0, 1, 'a', 3)},
		{"SUBSCRIBE with wrong flags", v311, false, frame(0x80, 0, 1, 0, 1, 'a', 1)},
		{"UNSUBSCRIBE without filters", v311, false, frame(0xA2, 0, 1)},
		{"PUBLISH at QoS 3", v311, false, frame(0x36, 0, 1, 'a', 0, 1)},
		{"PUBLISH with packet id 0", v311, false, frame(0x32, 0, 1, 'a', 0, 0)},
		{"PUBLISH to a wildcard", v311, false, publish("chat/user/+/send")},
		{"PUBLISH to nothing", v311, false, publish("")},
		{"PUBLISH with NUL", v311, false, publish("chat\x00")},
		{"PUBLISH with invalid UTF-8", v311, false, publish("chat\xff")},
		{"PUBLISH with a surrogate", v311, false, publish("chat\xed\xa0\x80")},
		{"PUBLISH with a topic alias", v5, false, frame(0x30, 0, 1, 'a', 3, 0x23, 0, 1)},
		{"PUBLISH with unknown properties", v5, false, frame(0x30, 0, 1, 'a', 2, 0x7f, 0)},
		{"PUBREC", v311, false, frame(0x50, 0, 1)},
		{"PUBREL", v311, false, frame(0x62, 0, 1)},
		{"PUBCOMP", v311, false, frame(0x70, 0, 1)},
		{"PUBACK cut", v311, false, frame(0x40, 0)},
		{"a second CONNECT", v311, false, encode(t, connectPacket("alice", "alice-token"), v311)},
		{"CONNACK from a client", v311, false, frame(0x20, 0, 0)},
		{"packet type 0", v311, false, frame(0x00)},
		{"AUTH", v5, false, frame(0xF0, 0x18, 0)},
		{"a length of five bytes", v311, false, []byte{0x30, 0xff, 0xff, 0xff, 0xff, 0x01}},
		{"a length of 256 MiB", v311, false, []byte{0x30, 0xff, 0xff, 0xff, 0x7f}},
		{"a CONNECT of 256 MiB", v311, true, []byte{0x10, 0xff, 0xff, 0xff, 0x7f}},
		{"an empty CONNECT", v311, true, frame(0x10)},
		{"a CONNECT without the rest", v311, true, frame(0x10, 0, 4, 'M', 'Q', 'T', 'T', 4, 0xC2, 0, 30)},
		{"a CONNECT of another protocol", v311, true, frame(0x10, 0, 4, 'H', 'T', 'T', 'P', 4, 2, 0, 30, 0, 0)},
		{"a PUBLISH for a CONNECT", v311, true, publish("chat/user/alice/send")},
		{"HTTP", v311, true, []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")},
		{"TLS", v311, true, []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")},
		{"SUBSCRIBE with properties beyond its end", v5, false, frame(0x82, 0, 1, 0x7f, 0, 1, 'a', 1)},
		{"UNSUBSCRIBE cut in its filter", v5, false, frame(0xA2, 0, 1, 0, 0, 9, 'a')},
		{"PUBLISH cut in its topic", v5, false, frame(0x30, 0, 9, 'a')},
		{"PUBLISH without packet id", v311, false, frame(0x32, 0, 1, 'a')},
		{"PUBLISH with properties beyond its end", v5, false, frame(0x32, 0, 1, 'a', 0, 1, 0xff, 0xff, 0xff, 0x7f)},
		{"PUBACK with unknown properties", v5, false, frame(0x40, 0, 1, 0, 2, 0x7f, 0)},
		{"packet type 0 with a body", v5, false, frame(0x00, 1, 2, 3)},
		{"a CONNECT with a password and no username", v311, true, frame(0x10, 0, 4, 'M', 'Q', 'T', 'T', 4, 0x42, 0, 30, 0, 1, 'a', 0, 1, 'b')},
		{"a CONNECT with the reserved flag", v311, true, frame(0x10, 0, 4, 'M', 'Q', 'T', 'T', 4, 0x03, 0, 30, 0, 1, 'a')},
		{"a CONNECT with a will of QoS 3", v311, true, frame(0x10, 0, 4, 'M', 'Q', 'T', 'T', 4, 0x1E, 0, 30, 0, 1, 'a', 0, 1, 'b', 0, 1, 'c')},
		{"a CONNECT with properties beyond its end", v5, true, frame(0x10, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 30, 0x7f, 0, 1, 'a')},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVictim(t)
			c := v.wire(tt.version)
			if !tt.first {
				c = v.connected(tt.version, "abuser")
			}
			c.sendBytes(tt.bytes)
			c.cutOff()
			v.isWell()
			v.counts([2]string{cut, "malformed"}, [2]string{cut, "protocol"}, [2]string{cut, "packet_too_large"}, [2]string{refused, ""})
		})
	}
}

func TestAbuseByTopicsThatNobodyHas(t *testing.T) {
	deep := strings.Repeat("/", 65_000)
	for _, version := range []byte{v311, v5} {
		for _, name := range []string{"#", "+/+", "$SYS/#", "$SYS/broker/clients", "chat/#", "$share/g/#", deep, "chat/user/x" + deep[:30_000]} {
			t.Run(fmt.Sprintf("%.20s/v%d", name, version), func(t *testing.T) {
				v := newVictim(t)
				c := v.connected(version, "abuser")
				c.send(packets.Packet{
					FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 1,
					Filters: packets.Subscriptions{{Filter: name, Qos: 1}},
				})
				pk, err := c.next()
				if err == nil && (pk.FixedHeader.Type != packets.Suback || v.ours != nil && pk.ReasonCodes[0] < 0x80) {
					t.Errorf("answered by %s %x", packets.PacketNames[pk.FixedHeader.Type], pk.ReasonCodes)
				}
				v.isWell()
				v.counts([2]string{"palabre_broker_subscriptions_refused_total", ""})

				c = v.connected(version, "abuser")
				c.send(c.publishPacket(strings.NewReplacer("#", "x", "+", "x").Replace(name), "nobody's"))
				if _, err := c.next(); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("a PUBLISH is neither acknowledged nor does it end the connection")
				}
				v.isWell()
				v.counts([2]string{dropped, "forbidden_topic"})
			})
		}
	}
}

func TestAbuseByTenMegabytes(t *testing.T) {
	v := newVictim(t)
	c := v.connected(v311, "abuser")
	go c.sendBytes(encode(t, packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: 1,
		TopicName: "chat/user/" + v.username + "/send", Payload: make([]byte, 10<<20),
	}, v311))
	c.cutOff()
	v.isWell()
	v.counts([2]string{cut, "packet_too_large"})
}

func TestAbuseByRetainedMessages(t *testing.T) {
	for _, version := range []byte{v311, v5} {
		v := newVictim(t)
		c := v.connected(version, "abuser")
		c.publish("chat/user/"+v.username+"/messages", "poison", retained)
		later := v.connected(version, "later")
		later.subscribe("chat/user/" + v.username + "/messages")
		later.silent()
		v.isWell()
		v.counts([2]string{dropped, "forbidden_topic"})
	}
}

func TestAbuseByQoS2WithoutAnEnd(t *testing.T) {
	v := newVictim(t)
	c := v.connected(v311, "abuser")
	var all []byte
	for id := 1; id < 65_536; id++ {
		all = append(all, encode(t, packets.Packet{
			FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 2}, PacketID: uint16(id),
			TopicName: "chat/user/" + v.username + "/send", Payload: []byte("twice"),
		}, v311)...)
	}
	go c.sendBytes(all)
	c.cutOff()
	v.isWell()
	v.counts([2]string{cut, "qos2"})
}

// All packet ids at once, and no PUBACK is read: what is sent is taken bit by bit.
func TestAbuseByEveryPacketID(t *testing.T) {
	v := newVictim(t)
	c := v.connected(v311, "abuser")
	var all []byte
	for id := 1; id < 65_536; id++ {
		all = append(all, encode(t, packets.Packet{
			FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: uint16(id),
			TopicName: "chat/user/" + v.username + "/typing", Payload: []byte("!"),
		}, v311)...)
	}
	go c.sendBytes(all)
	for range 65_535 {
		c.read(packets.Puback)
		if v.ours != nil {
			v.ours.gateway.next()
		}
	}
	v.isWell()
}

func TestAbuseByARetainerOfEveryDelivery(t *testing.T) {
	w := start(t)
	alice := w.connected(v311, "alice")
	alice.subscribes("chat/user/alice/messages")
	for i := range 1_100 { // none of which she acknowledges
		w.gateway.publishes("chat/user/alice/messages", fmt.Sprint(i))
	}
	w.awaitCounted("palabre_broker_deliveries_dropped_total", "inflight_full", 100)
	for range 1_000 {
		alice.read(packets.Publish)
	}
	alice.ping()
}

func TestAbuseByAFloodOfConnectsOfAUser(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.ConnectsPerUser = 1 }))
	for range 10 { // as many as in ten seconds
		w.connected(v311, "alice").disconnect()
	}
	for version, want := range map[byte]byte{v311: 3, v5: packets.ErrConnectionRateExceeded.Code} {
		c := w.wire(version)
		if got := c.connect("alice", "alice-token").ReasonCode; got != want {
			t.Errorf("version %d: CONNACK 0x%02x, want 0x%02x", version, got, want)
		}
		c.cutOff()
	}
	w.awaitCounted(refused, "user_rate", 2)
	// Nobody can use up another's rate by a token that is none.
	for range 20 {
		w.wire(v311).connect("bob", "forged")
	}
	w.connected(v311, "bob")
}

func TestAbuseByAFloodOfConnectionsFromAnAddress(t *testing.T) {
	var address atomic.Value
	address.Store("192.0.2.1")
	w := start(t, limited(func(l *broker.Limits) { l.ConnectsPerIP = 1 }), func(c *broker.Config) {
		c.ClientIP = func(*http.Request) string { return address.Load().(string) }
	})
	url := w.webSocketURL()
	for range 10 {
		w.dialWebSocket(t, url)
	}
	if _, _, err := w.dialWebSocket(t, url).ReadMessage(); err == nil {
		t.Error("one more connection stays")
	}
	address.Store("192.0.2.2")
	newParty(t, url, "page", "alice", "alice-token")
	// A customer with IPv6 has more addresses than one.
	for i := range 10 {
		address.Store(fmt.Sprintf("2001:db8::%x", i))
		w.dialWebSocket(t, url)
	}
	address.Store("2001:db8::ffff")
	if _, _, err := w.dialWebSocket(t, url).ReadMessage(); err == nil {
		t.Error("one more connection of a network stays")
	}
	w.awaitCounted(refused, "ip_rate", 2)
}

// Who publishes too fast is slowed down, and loses nothing.
func TestAbuseByAFloodOfPublishes(t *testing.T) {
	const perSecond, sent = 10, 10*10 + 10
	for _, tt := range []struct {
		name, reason string
		limit        func(*broker.Limits)
	}{
		{"of a user", "user_rate", func(l *broker.Limits) { l.PublishesPerUser = perSecond }},
		{"from an address", "address_rate", func(l *broker.Limits) { l.PublishesPerIP = perSecond }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, limited(tt.limit), func(c *broker.Config) {
				c.ClientIP = func(*http.Request) string { return "192.0.2.1" }
			})
			alice := newParty(t, w.webSocketURL(), "page", "alice", "alice-token")
			began := time.Now()
			for i := range sent {
				alice.Publish("chat/user/alice/send", 1, false, fmt.Sprint(i))
			}
			for i := range sent {
				w.gateway.receives("chat/user/alice/send", fmt.Sprint(i))
			}
			if took := time.Since(began); took < 900*time.Millisecond { // 10 at 10 a second
				t.Errorf("all were taken within %v", took)
			}
			if w.counted(delayed, tt.reason) == 0 {
				t.Error("it is not counted")
			}
		})
	}
}

func TestAbuseByTwoClientsWithOneID(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.Takeovers = 3 }))
	holder := w.connected(v5, "alice")
	for range 4 { // three that are free, and one that keeps the id for a second
		next := w.connected(v5, "alice")
		if reason := holder.cutOff(); reason != packets.ErrSessionTakenOver.Code {
			t.Errorf("DISCONNECT 0x%02x", reason)
		}
		holder = next
	}
	for version, want := range map[byte]byte{v311: 3, v5: packets.ErrConnectionRateExceeded.Code} {
		c := w.wire(version)
		if got := c.connect("alice", "alice-token").ReasonCode; got != want {
			t.Errorf("version %d: CONNACK 0x%02x, want 0x%02x", version, got, want)
		}
		c.cutOff()
	}
	w.awaitCounted(refused, "takeover_loop", 2)
	holder.ping()
	w.connected(v5, "alice", named("another"))

	eventually(t, "the id can be had again", func() bool {
		return w.wire(v5).connect("alice", "alice-token").ReasonCode == 0
	})
	holder.cutOff()
}

func TestAbuseByIdleConnectionsIsBounded(t *testing.T) {
	const idle = 300
	w := start(t, limited(func(l *broker.Limits) { l.Connections, l.SessionsPerUser = idle, idle }))
	for i := range idle {
		w.connected(v311, "alice", named(fmt.Sprint(i)))
	}
	w.wire(v311).cutOff()
	w.awaitCounted(refused, "total_limit", 1)
}
