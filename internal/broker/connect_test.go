package broker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

func TestWhoIsNotLetIn(t *testing.T) {
	const (
		unavailable   = 3 // the return codes of 3.1.1
		notAuthorized = 5
	)
	for _, tt := range []struct {
		name               string
		username, password string
		configure          func(*packets.Packet)
		check              func(context.Context) error // of the authenticator
		v311, v5           byte
	}{
		{name: "a wrong token", username: "alice", password: "forged", v311: notAuthorized, v5: 0x86},
		{name: "no token", username: "alice", v311: notAuthorized, v5: 0x86},
		{name: "no username", password: "alice-token", v311: notAuthorized, v5: 0x86},
		{name: "nobody", v311: notAuthorized, v5: 0x86},
		{name: "another's token", username: "alice", password: "bob-token", v311: notAuthorized, v5: 0x87},
		{name: "a visitor under the bare id", username: visitor[5:], password: visitor + "-token", v311: notAuthorized, v5: 0x87},
		{name: "a back end", username: "backend", password: "backend-token", v311: notAuthorized, v5: 0x87},
		{name: "an application not served here", username: "stranger", password: "stranger-token", v311: notAuthorized, v5: 0x87},
		{name: "a token at its end", username: "late", password: "late-token", v311: notAuthorized, v5: 0x87},
		{name: "a subject that fits in no topic", username: "a/b", password: "a/b-token", v311: notAuthorized, v5: 0x87},
		{
			name: "a client id of 129 bytes", username: "alice", password: "alice-token", v311: 2, v5: 0x85,
			configure: func(pk *packets.Packet) { pk.Connect.ClientIdentifier = strings.Repeat("x", 129) },
		},
		{
			name: "an authenticator that fails", username: "alice", password: "alice-token", v311: notAuthorized, v5: 0x86,
			check: func(context.Context) error { return errors.New("no keys") },
		},
		{
			name: "an authenticator that panics", username: "alice", password: "alice-token", v311: unavailable, v5: 0x88,
			check: func(context.Context) error { panic("no keys") },
		},
		{
			name: "an authenticator that hangs", username: "alice", password: "alice-token", v311: unavailable, v5: 0x88,
			check: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, limited(func(l *broker.Limits) { l.CheckTimeout = 100 * time.Millisecond }))
			w.tokens.issue("late-token", auth.Principal{
				ApplicationID: "geosector", Kind: auth.KindUser, UserID: "late", ExpiresAt: time.Now().Add(-time.Second),
			})
			w.tokens.issue("a/b-token", auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "a/b"})
			w.tokens.setCheck(tt.check)
			configure := tt.configure
			if configure == nil {
				configure = func(*packets.Packet) {}
			}
			for version, want := range map[byte]byte{v311: tt.v311, v5: tt.v5} {
				c := w.wire(version)
				if got := c.connect(tt.username, tt.password, configure).ReasonCode; got != want {
					t.Errorf("version %d: CONNACK 0x%02x, want 0x%02x", version, got, want)
				}
				c.cutOff()
			}
			w.awaitCounted("palabre_broker_connections_refused_total", "", 2)
		})
	}
}

func TestOnlyDialLetsTheGatewayIn(t *testing.T) {
	w := start(t)
	username, password := w.GatewayCredentials()
	for _, version := range []byte{v311, v5} {
		c := w.wire(version)
		if got := c.connect(username, password).ReasonCode; got == 0 {
			t.Errorf("version %d: the gateway's credentials work over TCP", version)
		}
	}
	for _, who := range [][2]string{{username, "guess"}, {username, ""}, {"alice", "alice-token"}} {
		nc, err := w.Dial()
		if err != nil {
			t.Fatal(err)
		}
		if got := newWire(t, nc, v5).connect(who[0], who[1]).ReasonCode; got == 0 {
			t.Errorf("%s comes in by Dial with %q", who[0], who[1])
		}
	}
	if other := start(t); func() string { _, p := other.GatewayCredentials(); return p }() == password {
		t.Error("two brokers have the same password")
	}
}

func TestOnlyMQTT311And5(t *testing.T) {
	w := start(t)
	c := w.wire(v311)
	pk := connectPacket("alice", "alice-token", func(pk *packets.Packet) { pk.Connect.ProtocolName = []byte("MQIsdp") })
	c.sendBytes(encode(t, pk, 3))
	if got := c.read(packets.Connack).ReasonCode; got != 1 {
		t.Errorf("MQTT 3.1: CONNACK 0x%02x, want 0x01", got)
	}
	c = w.wire(v311)
	c.sendBytes(encode(t, connectPacket("alice", "alice-token"), 6))
	if got := c.read(packets.Connack).ReasonCode; got == 0 {
		t.Error("MQTT 6 is let in")
	}
}

func TestEnhancedAuthenticationIsRefused(t *testing.T) {
	w := start(t)
	c := w.wire(v5)
	got := c.connect("alice", "alice-token", func(pk *packets.Packet) { pk.Properties.AuthenticationMethod = "SCRAM" })
	if got.ReasonCode != 0x8C {
		t.Errorf("CONNACK 0x%02x", got.ReasonCode)
	}
	c = w.connected(v5, "alice")
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Auth}, ReasonCode: 0x19})
	c.cutOff()
}

func TestKeepAliveIsAtMost300Seconds(t *testing.T) {
	w := start(t)
	for asked, want := range map[uint16]uint16{0: 300, 301: 300, 65535: 300, 300: 0, 30: 0} {
		c := w.wire(v5)
		got := c.connect("alice", "alice-token", func(pk *packets.Packet) { pk.Connect.Keepalive = asked })
		if got.Properties.ServerKeepAlive != want {
			t.Errorf("asked for %d s, told %d s, want %d s", asked, got.Properties.ServerKeepAlive, want)
		}
	}
}

func TestMQTT5ClientsAreToldWhatIsNotAvailable(t *testing.T) {
	got := start(t).wire(v5).connect("alice", "alice-token").Properties
	if got.MaximumPacketSize != broker.MaxUplinkPacket || !got.MaximumQosFlag || got.MaximumQos != 1 ||
		!got.RetainAvailableFlag || got.RetainAvailable != 0 || !got.SharedSubAvailableFlag || got.SharedSubAvailable != 0 {
		t.Errorf("CONNACK %+v", got)
	}
}

func TestWillsAreOfOnesOwnPresenceOnly(t *testing.T) {
	w := start(t)
	for _, tt := range []struct {
		name     string
		topic    string
		size     int
		qos      byte
		retained bool
		accepted bool
	}{
		{"own presence", "chat/user/alice/presence", 20, 1, false, true},
		{"own presence at QoS 0", "chat/user/alice/presence", broker.MaxWillPayload, 0, false, true},
		{"too large", "chat/user/alice/presence", broker.MaxWillPayload + 1, 1, false, false},
		{"retained", "chat/user/alice/presence", 20, 1, true, false},
		{"QoS 2", "chat/user/alice/presence", 20, 2, false, false},
		{"another's presence", "chat/user/bob/presence", 20, 1, false, false},
		{"own send", "chat/user/alice/send", 20, 1, false, false},
		{"own inbox", "chat/user/alice/messages", 20, 1, false, false},
		{"a conversation", "chat/conversation/c1", 20, 1, false, false},
		{"another application", "resalice/user/alice/presence", 20, 1, false, false},
		{"wildcard", "chat/user/+/presence", 20, 1, false, false},
		{"$SYS", "$SYS/broker/version", 20, 1, false, false},
	} {
		for _, version := range []byte{v311, v5} {
			t.Run(fmt.Sprintf("%s/v%d", tt.name, version), func(t *testing.T) {
				c := w.wire(version)
				code := c.connect("alice", "alice-token", will(tt.topic, strings.Repeat("x", tt.size), tt.qos, tt.retained)).ReasonCode
				if (code == 0) != tt.accepted {
					t.Fatalf("CONNACK 0x%02x", code)
				}
				c.nc.Close()
				if tt.accepted {
					w.gateway.receives(tt.topic, strings.Repeat("x", tt.size))
				}
			})
		}
	}
	w.awaitCounted("palabre_broker_connections_refused_total", "", 20) // ten, in two versions
	// None of the others was published.
	w.connected(v311, "alice").publish("chat/user/alice/sync", "last")
	w.gateway.receives("chat/user/alice/sync", "last")
}

func will(topic, payload string, qos byte, retained bool) func(*packets.Packet) {
	return func(pk *packets.Packet) {
		pk.Connect.WillFlag, pk.Connect.WillTopic, pk.Connect.WillPayload = true, topic, []byte(payload)
		pk.Connect.WillQos, pk.Connect.WillRetain = qos, retained
	}
}

func TestAWillIsNotPublishedAfterADisconnect(t *testing.T) {
	w := start(t)
	c := w.connected(v311, "alice", will("chat/user/alice/presence", "offline", 1, false))
	c.disconnect()
	w.connected(v311, "alice").publish("chat/user/alice/sync", "last")
	w.gateway.receives("chat/user/alice/sync", "last")
}
