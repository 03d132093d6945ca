package broker_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

func TestAClientIDCannotTakeAnothersSession(t *testing.T) {
	w := start(t)
	alice := w.connected(v311, "alice", kept, named("phone"))
	alice.subscribes("chat/user/alice/messages")
	for _, clientID := range []string{
		"phone", "geosector|alice|phone", "alice|phone", "|alice|phone", "../alice|phone", "$gateway|gw-0", "inline",
	} {
		bob := w.wire(v311)
		ack := bob.connect("bob", "bob-token", kept, named(clientID))
		if ack.ReasonCode != 0 || ack.SessionPresent {
			t.Errorf("%q: CONNACK 0x%02x, session present %t", clientID, ack.ReasonCode, ack.SessionPresent)
		}
		bob.disconnect()
	}
	w.gateway.publishes("chat/user/alice/messages", "for alice")
	alice.receives("chat/user/alice/messages", "for alice")
}

func TestTheNewestConnectionOfAClientIDWins(t *testing.T) {
	w := start(t)
	for _, configure := range []func(*packets.Packet){kept, func(*packets.Packet) {}} {
		first := w.connected(v5, "alice", configure, will("chat/user/alice/presence", "offline", 1, false))
		first.subscribes("chat/user/alice/messages")
		second := w.connected(v5, "alice", configure)
		if reason := first.cutOff(); reason != packets.ErrSessionTakenOver.Code {
			t.Errorf("DISCONNECT 0x%02x", reason)
		}
		w.gateway.receives("chat/user/alice/presence", "offline")
		second.subscribes("chat/user/alice/messages")
		w.gateway.publishes("chat/user/alice/messages", "for alice")
		second.receives("chat/user/alice/messages", "for alice")
		second.disconnect()
	}
}

func TestTakeoversNeverLoseTheNewestSession(t *testing.T) {
	w := start(t)
	var last *wire
	for i := range 200 {
		last = w.connected(v311, "alice", func(pk *packets.Packet) { pk.Connect.Clean = i%2 == 0 })
	}
	last.subscribes("chat/user/alice/messages")
	w.gateway.publishes("chat/user/alice/messages", "for alice")
	last.receives("chat/user/alice/messages", "for alice")
	eventually(t, "the others are gone", func() bool {
		return w.counted("palabre_broker_connections", "tcp") == 1
	})
}

func TestAKeptSessionIsResumed(t *testing.T) {
	w := start(t)
	for _, version := range []byte{v311, v5} {
		alice := w.connected(version, "alice", kept)
		alice.subscribes("chat/user/alice/messages")
		alice.nc.Close()
		eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })
		w.gateway.publishes("chat/user/alice/messages", "while away")
		w.gateway.settles()

		alice = w.wire(version)
		if ack := alice.connect("alice", "alice-token", kept); !ack.SessionPresent {
			t.Error("no session present")
		}
		alice.receives("chat/user/alice/messages", "while away")
		alice.disconnect()
	}
}

func TestATopicIsHeardByKeptSessionsToo(t *testing.T) {
	w := start(t)
	inbox, conversation := "chat/user/alice/messages", "chat/conversation/c1"
	if w.Heard(inbox) {
		t.Error("heard before anybody has subscribed")
	}
	alice := w.connected(v5, "alice", kept)
	alice.subscribes("chat/user/alice/+")
	if !w.Heard(inbox) || w.Heard(conversation) {
		t.Errorf("inbox is heard: %v, the conversation: %v", w.Heard(inbox), w.Heard(conversation))
	}
	alice.disconnect()
	eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })
	if !w.Heard(inbox) {
		t.Error("not heard by a session that will be resumed")
	}
}

func TestAnExpiredTokenEndsTheSessionWithANotice(t *testing.T) {
	w := start(t)
	ends := time.Now().Add(300 * time.Millisecond)
	w.tokens.issue("short-token", auth.Principal{
		ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", ExpiresAt: ends,
	})
	other := w.connected(v311, "alice", named("other"))
	for _, tt := range []struct {
		version byte
		filter  string
	}{{v311, "chat/user/alice/acks"}, {v5, "chat/user/alice/+"}, {v5, "chat/announcement"}} {
		c := w.wire(tt.version)
		c.connect("alice", "short-token", named(fmt.Sprint("short", tt)))
		c.subscribes(tt.filter)
		t.Cleanup(func() {}) // keep the order of the clients' ends free
		defer func() {
			if tt.filter != "chat/announcement" {
				var notice struct{ Event, At string }
				pk := c.read(packets.Publish)
				if bytes.Contains(pk.Payload, []byte("token.expiring")) { // if it had subscribed by then
					pk = c.read(packets.Publish)
				}
				if err := json.Unmarshal(pk.Payload, &notice); err != nil || notice.Event != "token.expired" ||
					notice.At != ends.UTC().Format(time.RFC3339) || pk.TopicName != "chat/user/alice/acks" {
					t.Errorf("notice %s %s", pk.TopicName, pk.Payload)
				}
			}
			if reason := c.cutOff(); tt.version == v5 && reason != packets.ErrMaxConnectTime.Code {
				t.Errorf("DISCONNECT 0x%02x", reason)
			}
			other.ping()
		}()
	}
}

func TestTheEndOfATokenIsToldBefore(t *testing.T) {
	w := start(t)
	ends := time.Now().Add(2 * time.Second)
	w.tokens.issue("short-token", auth.Principal{
		ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", ExpiresAt: ends,
	})
	for _, version := range []byte{v311, v5} {
		c := w.wire(version)
		c.connect("alice", "short-token", named(fmt.Sprint("v", version)))
		c.subscribes("chat/user/alice/acks")
		defer func() {
			for _, event := range []string{"token.expiring", "token.expired"} {
				pk := c.read(packets.Publish)
				if want := fmt.Sprintf(`{"event":%q,"at":%q}`, event, ends.UTC().Format(time.RFC3339)); string(pk.Payload) != want {
					t.Errorf("told %s, want %s", pk.Payload, want)
				}
			}
			c.cutOff()
		}()
	}
}

func TestAReceiveMaximumIsKept(t *testing.T) {
	w := start(t)
	alice := w.connected(v5, "alice", func(pk *packets.Packet) { pk.Properties.ReceiveMaximum = 3 })
	alice.subscribes("chat/user/alice/messages")
	const sent = 50
	for i := range sent {
		w.gateway.publishes("chat/user/alice/messages", fmt.Sprint(i))
	}
	unacknowledged := 0
	for i := range sent {
		pk := alice.read(packets.Publish)
		if string(pk.Payload) != fmt.Sprint(i) {
			t.Fatalf("received %s, want %d", pk.Payload, i)
		}
		if pk.FixedHeader.Qos > 0 {
			unacknowledged++
		}
	}
	if unacknowledged == 0 || unacknowledged > 3 {
		t.Errorf("%d unacknowledged messages", unacknowledged)
	}
}

func TestWhatAClientDoesNotAcknowledgeIsBounded(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.Inflight = 5 }))
	alice := w.connected(v311, "alice")
	alice.subscribes("chat/user/alice/messages")
	for i := range 8 {
		w.gateway.publishes("chat/user/alice/messages", fmt.Sprint(i))
	}
	w.awaitCounted("palabre_broker_deliveries_dropped_total", "inflight_full", 3)
	// A full queue is no reason to refuse a subscription.
	var codes []byte
	alice.send(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: alice.nextID(),
		Filters: packets.Subscriptions{{Filter: "chat/user/alice/acks", Qos: 1}},
	})
	for len(codes) == 0 {
		pk, err := alice.next()
		if err != nil {
			t.Fatal(err)
		}
		codes = pk.ReasonCodes
		alice.ack(pk)
	}
	if codes[0] != granted {
		t.Errorf("SUBACK 0x%02x", codes[0])
	}
}

// The queue of a resumed session is under way while the client subscribes and publishes, with the same packet ids.
func TestPacketIDsOfBothDirectionsDoNotMeet(t *testing.T) {
	w := start(t)
	alice := w.connected(v5, "alice", kept)
	alice.subscribes("chat/user/alice/messages")
	alice.disconnect()
	eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })
	for i := range 3 {
		w.gateway.publishes("chat/user/alice/messages", fmt.Sprint(i))
	}
	w.gateway.settles()
	for range 2 {
		alice = w.connected(v5, "alice", kept)
		queued := map[uint16]bool{}
		for range 3 {
			queued[alice.read(packets.Publish).PacketID] = true
		}
		for id := range queued {
			alice.lastID = id - 1
			if code := alice.subscribe("chat/user/alice/acks")[0]; code != granted {
				t.Errorf("SUBSCRIBE with id %d: 0x%02x", id, code)
			}
			alice.lastID = id - 1
			if code := alice.publish("chat/user/alice/sync", "id"); code != 0 {
				t.Errorf("PUBLISH with id %d: 0x%02x", id, code)
			}
			w.gateway.receives("chat/user/alice/sync", "id")
		}
		alice.disconnect() // having acknowledged nothing, so all three come again
	}
}

func TestSessionsOfAUserAreBounded(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.SessionsPerUser = 2 }))
	first := w.connected(v311, "alice", kept, named("first"))
	second := w.connected(v5, "alice", kept, named("second"))
	for version, want := range map[byte]byte{v311: 3, v5: packets.ErrQuotaExceeded.Code} {
		if got := w.wire(version).connect("alice", "alice-token", named("third")).ReasonCode; got != want {
			t.Errorf("version %d: CONNACK 0x%02x, want 0x%02x", version, got, want)
		}
	}
	w.connected(v311, "bob")
	// A disconnected session makes room, and is forgotten.
	first.disconnect()
	second.ping()
	eventually(t, "the third device connects", func() bool {
		return w.wire(v311).connect("alice", "alice-token", named("third")).ReasonCode == 0
	})
	second.disconnect()
	c := w.wire(v311)
	eventually(t, "the first device connects", func() bool {
		c = w.wire(v311)
		return c.connect("alice", "alice-token", kept, named("first")).ReasonCode == 0
	})
}
