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

// failures are the ways in which what the broker asks may not answer.
var failures = map[string]func() error{
	"an error": func() error { return errors.New("no database") },
	"a panic":  func() error { panic("no database") },
	"a wait":   func() error { <-time.After(300 * time.Millisecond); return context.DeadlineExceeded },
}

// everyKind runs a test with each failure, version and QoS. The fakes answer yes beside their error, so who ignores it lets
// everybody in.
func everyKind(t *testing.T, test func(t *testing.T, w *world, fail func() error, version, qos byte)) {
	for name, fail := range failures {
		for _, version := range []byte{v311, v5} {
			for qos := range byte(2) {
				t.Run(fmt.Sprintf("%s/v%d/QoS %d", name, version, qos), func(t *testing.T) {
					t.Parallel()
					w := start(t, limited(func(l *broker.Limits) { l.CheckTimeout = 100 * time.Millisecond }))
					test(t, w, fail, version, qos)
				})
			}
		}
	}
}

func subscribePacket(id uint16, filter string, qos byte) packets.Packet {
	return packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: id,
		Filters: packets.Subscriptions{{Filter: filter, Qos: qos}},
	}
}

func TestASubscriptionThatCannotBeCheckedIsRefused(t *testing.T) {
	everyKind(t, func(t *testing.T, w *world, fail func() error, version, qos byte) {
		bob := w.connected(version, "bob")
		w.members.setCheck(fail)
		bob.send(subscribePacket(1, "chat/conversation/c1", qos))
		if code := bob.read(packets.Suback).ReasonCodes[0]; code < 0x80 {
			t.Errorf("SUBACK 0x%02x", code)
		}
		w.members.setCheck(nil)
		w.gateway.publishes("chat/conversation/c1", "secret")
		bob.silent()
	})
}

func TestADeliveryThatCannotBeCheckedIsDropped(t *testing.T) {
	everyKind(t, func(t *testing.T, w *world, fail func() error, version, qos byte) {
		bob := w.connected(version, "bob")
		bob.send(subscribePacket(1, "chat/conversation/c1", qos))
		bob.read(packets.Suback)
		bob.subscribes("chat/user/bob/messages")
		w.members.setCheck(fail)
		w.gateway.publishes("chat/conversation/c1", "secret")
		w.gateway.publishes("chat/user/bob/messages", "his own")
		bob.receives("chat/user/bob/messages", "his own")

		w.members.setCheck(nil)
		w.gateway.publishes("chat/conversation/c1", "for him")
		bob.receives("chat/conversation/c1", "for him")
	})
}

func TestAConnectThatCannotBeCheckedIsRefused(t *testing.T) {
	everyKind(t, func(t *testing.T, w *world, fail func() error, version, qos byte) {
		w.tokens.setCheck(func(context.Context) error { return fail() })
		c := w.wire(version)
		code := c.connect("alice", "alice-token", will("chat/user/alice/presence", "gone", qos, false)).ReasonCode
		if code == 0 {
			t.Error("let in")
		}
		c.cutOff()
		w.tokens.setCheck(nil)
		w.connected(version, "bob").publish("chat/user/bob/sync", "last") // no will came before it
		w.gateway.receives("chat/user/bob/sync", "last")
	})
}

// Whether somebody may publish follows from their name alone, so that nothing can fail; what is refused is never forwarded.
func TestAPublishThatIsRefusedIsNotForwarded(t *testing.T) {
	everyKind(t, func(t *testing.T, w *world, fail func() error, version, qos byte) {
		alice := w.connected(version, "alice")
		w.members.setCheck(fail)
		w.tokens.setCheck(func(context.Context) error { return fail() })
		for _, name := range []string{"chat/user/bob/send", "resalice/user/alice/send", "chat/conversation/c1", "chat/user/alice/messages"} {
			alice.send(packets.Packet{
				FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos}, TopicName: name, Payload: []byte("forged"),
				PacketID: alice.nextID() * uint16(qos),
			})
			if qos == 0 {
				continue
			}
			if ack := alice.read(packets.Puback); version == v5 && ack.ReasonCode != notAllowed {
				t.Errorf("PUBACK 0x%02x", ack.ReasonCode)
			}
		}
		alice.publish("chat/user/alice/send", "her own")
		w.gateway.receives("chat/user/alice/send", "her own")
	})
}
