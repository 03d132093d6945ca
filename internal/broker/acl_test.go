package broker_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/broker"
)

const (
	granted    = 0x01
	notAllowed = 0x87 // MQTT 5; 3.1.1 has only 0x80
)

func TestWhoMaySubscribeToWhat(t *testing.T) {
	w := start(t)
	w.members.set("geosector", visitor, "c2", true)
	w.members.set("geosector", visitor, "c3", true)
	w.members.set("geosector", "adele", "c2", true)
	everyone := []string{"alice", "adele", "sam", "rita", visitor}
	for _, tt := range []struct {
		filter string
		may    []string
	}{
		{"chat/user/alice/messages", []string{"alice"}},
		{"chat/user/alice/acks", []string{"alice"}},
		{"chat/user/alice/+", []string{"alice"}},
		{"chat/user/" + visitor + "/+", []string{visitor}},
		{"chat/user/" + visitor + "/messages", []string{visitor}},
		{"resalice/user/rita/messages", []string{"rita"}},
		{"chat/user/rita/messages", nil}, // rita is of another application
		{"chat/announcement", []string{"alice", "adele", "sam"}},
		{"resalice/announcement", []string{"rita"}},
		{"chat/conversation/c1", []string{"alice"}},
		{"chat/typing/c1", []string{"alice"}},
		{"chat/conversation/c2", []string{"adele"}}, // a visitor's events come to themself
		{"chat/typing/c2", []string{"adele", visitor}},
		{"chat/typing/c3", nil}, // the visitor's token is for c2
		{"resalice/conversation/c1", nil},
		{"chat/conversation/unknown", nil},
		{"chat/moderation/m1", []string{"alice", "adele", "sam"}}, // alice sent it
		{"chat/moderation/m2", []string{visitor, "adele", "sam"}},
		{"chat/moderation/m3", []string{"adele", "sam"}},
		{"chat/moderation/+", []string{"adele", "sam"}},
		{"resalice/moderation/m1", nil},
		{"resalice/moderation/+", nil},
		// The uplinks are the gateway's to read.
		{"chat/user/alice/send", nil},
		{"chat/user/alice/presence", nil},
		{"chat/message/send", nil},
		// No other wildcards, and nothing beside the list.
		{"#", nil}, {"+", nil}, {"+/+", nil}, {"chat/#", nil}, {"chat/user/+/messages", nil}, {"chat/user/alice/#", nil},
		{"chat/user/+/+", nil}, {"chat/conversation/+", nil}, {"chat/moderation/#", nil}, {"$SYS/#", nil}, {"$SYS/broker/version", nil},
		{"$share/g/chat/announcement", nil}, {"$share/g/chat/user/alice/messages", nil}, {"chat/other", nil},
		{"chat/user/alice/messages/", nil}, {"refused", nil},
	} {
		for _, subject := range everyone {
			for _, version := range []byte{v311, v5} {
				want := byte(granted)
				if !slices.Contains(tt.may, subject) {
					want = map[byte]byte{v311: 0x80, v5: notAllowed}[version]
				}
				t.Run(fmt.Sprintf("%s/%s/v%d", tt.filter, subject, version), func(t *testing.T) {
					c := w.connected(version, subject)
					if got := c.subscribe(tt.filter); got[0] != want {
						t.Errorf("SUBACK 0x%02x, want 0x%02x", got[0], want)
					}
				})
			}
		}
	}
}

func TestASubscribeIsAnsweredFilterByFilter(t *testing.T) {
	w := start(t)
	c := w.connected(v311, "alice")
	got := c.subscribe("chat/user/alice/messages", "chat/user/bob/messages", "chat/announcement")
	if want := []byte{granted, 0x80, granted}; string(got) != string(want) {
		t.Errorf("SUBACK %x, want %x", got, want)
	}
	w.awaitCounted("palabre_broker_subscriptions_refused_total", "", 1)
}

func TestQoS2IsGrantedAsQoS1(t *testing.T) {
	c := start(t).connected(v311, "alice")
	c.send(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 1,
		Filters: packets.Subscriptions{{Filter: "chat/user/alice/messages", Qos: 2}},
	})
	if got := c.read(packets.Suback).ReasonCodes; got[0] != 1 {
		t.Errorf("granted QoS %d", got[0])
	}
}

func TestWhoMayPublishWhat(t *testing.T) {
	w := start(t)
	for _, tt := range []struct {
		topic string
		may   []string
	}{
		{"chat/user/alice/send", []string{"alice"}},
		{"chat/user/alice/receipts", []string{"alice"}},
		{"chat/user/alice/sync", []string{"alice"}},
		{"chat/user/alice/typing", []string{"alice"}},
		{"chat/user/alice/presence", []string{"alice"}},
		{"chat/user/" + visitor + "/send", []string{visitor}},
		{"resalice/user/rita/send", []string{"rita"}},
		{"resalice/user/alice/send", nil},
		{"chat/user/rita/send", nil},
		{"resalice/message/send", nil}, // rita may, as her own …/send: see uplink_test.go
		// The downlinks are the gateway's to publish.
		{"chat/user/alice/messages", nil},
		{"chat/user/alice/acks", nil},
		{"chat/user/bob/messages", nil},
		{"chat/conversation/c1", nil},
		{"chat/typing/c1", nil},
		{"chat/announcement", nil},
		{"chat/moderation/m1", nil},
		{"$SYS/broker/version", nil},
		{"$share/g/chat/user/alice/send", nil},
		{"chat/user/alice/other", nil},
		{"chat/user/alice/send/", nil},
		{"anything", nil},
	} {
		for _, subject := range []string{"alice", "adele", visitor, "rita"} {
			if tt.topic == "resalice/message/send" && subject == "rita" {
				continue
			}
			for _, version := range []byte{v311, v5} {
				t.Run(fmt.Sprintf("%s/%s/v%d", tt.topic, subject, version), func(t *testing.T) {
					may := slices.Contains(tt.may, subject)
					c := w.connected(version, subject)
					code := c.publish(tt.topic, "first")
					if refused := code >= 0x80; version == v5 && refused == may {
						t.Errorf("PUBACK 0x%02x", code)
					}
					// Messages of one sender keep their order: when the second comes first, the first never comes.
					own := "chat/user/" + subject + "/sync"
					if subject == "rita" {
						own = "resalice/user/rita/sync"
					}
					c.publish(own, "second")
					if may {
						w.gateway.receives(tt.topic, "first")
					}
					w.gateway.receives(own, "second")
				})
			}
		}
	}
}

func TestAForbiddenPublishAtQoS0IsDropped(t *testing.T) {
	w := start(t)
	bob := w.connected(v5, "bob")
	bob.subscribes("chat/user/bob/+")
	for _, version := range []byte{v311, v5} {
		c := w.connected(version, "alice")
		for _, name := range []string{"chat/user/bob/messages", "chat/user/bob/send", "$SYS/x"} {
			c.send(packets.Packet{
				FixedHeader: packets.FixedHeader{Type: packets.Publish}, TopicName: name, Payload: []byte("forged"),
			})
		}
		c.publish("chat/user/alice/send", "allowed")
		w.gateway.receives("chat/user/alice/send", "allowed")
	}
	w.awaitCounted("palabre_broker_publishes_dropped_total", "forbidden_topic", 6)
	w.gateway.publishes("chat/user/bob/messages", "genuine")
	bob.receives("chat/user/bob/messages", "genuine")
}

func TestADeliveryIsCheckedAgain(t *testing.T) {
	w := start(t)
	alice, bob := w.connected(v311, "alice"), w.connected(v5, "bob")
	for _, c := range []*wire{alice, bob} {
		c.subscribes("chat/conversation/c1", "chat/typing/c1", "chat/announcement")
	}
	w.gateway.publishes("chat/conversation/c1", "to both")
	alice.receives("chat/conversation/c1", "to both")
	bob.receives("chat/conversation/c1", "to both")

	w.members.set("geosector", "bob", "c1", false)
	w.gateway.publishes("chat/conversation/c1", "to alice")
	w.gateway.publishes("chat/typing/c1", "to alice")
	w.gateway.publishes("chat/announcement", "to both")
	alice.receives("chat/conversation/c1", "to alice")
	alice.receives("chat/typing/c1", "to alice")
	bob.receives("chat/announcement", "to both")
	w.awaitCounted("palabre_broker_deliveries_dropped_total", "not_allowed", 2)
}

func TestAUserDoesNotReceiveItsOwnUplinks(t *testing.T) {
	w := start(t)
	alice := w.connected(v311, "alice")
	alice.subscribes("chat/user/alice/+")
	alice.publish("chat/user/alice/send", "hello")
	w.gateway.receives("chat/user/alice/send", "hello")
	w.gateway.publishes("chat/user/alice/acks", "sent")
	alice.receives("chat/user/alice/acks", "sent")
}

func TestSubscriptionsOfASessionAreBounded(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.SubscriptionsPerSession = 2 }))
	c := w.connected(v311, "alice")
	got := c.subscribe("chat/user/alice/messages", "chat/user/alice/acks", "chat/announcement")
	if string(got) != "\x01\x01\x80" {
		t.Errorf("SUBACK %x", got)
	}
	if got := c.subscribe("chat/user/alice/acks"); got[0] != granted {
		t.Errorf("subscribing again: 0x%02x", got[0])
	}
}
