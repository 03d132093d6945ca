package broker_test

import (
	"strings"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"
)

func TestRevokeEndsALiveSubscription(t *testing.T) {
	w := start(t)
	alice, bob := w.connects("alice"), w.connects("bob")
	for _, p := range []*party{alice, bob} {
		p.subscribes("chat/conversation/c1")
		p.subscribes("chat/typing/c1")
		p.subscribes("chat/user/" + p.subject() + "/messages")
	}
	w.members.set("geosector", "bob", "c1", false)
	w.Revoke("geosector", "bob", "c1")
	// Even a membership that says yes again does not bring the subscription back.
	w.members.set("geosector", "bob", "c1", true)

	w.gateway.publishes("chat/conversation/c1", "secret")
	w.gateway.publishes("chat/typing/c1", "secret")
	w.gateway.publishes("chat/user/bob/messages", "still his own")
	alice.receives("chat/conversation/c1", "secret")
	alice.receives("chat/typing/c1", "secret")
	bob.receives("chat/user/bob/messages", "still his own")

	w.members.set("geosector", "bob", "c1", false)
	if code := bob.suback("chat/conversation/c1"); code != 0x80 {
		t.Errorf("bob subscribes again: 0x%02x", code)
	}
}

func TestRevokeDropsWhatIsQueuedForADisconnectedSession(t *testing.T) {
	w := start(t)
	for _, version := range []byte{v311, v5} {
		w.members.set("geosector", "bob", "c1", true)
		bob := w.connected(version, "bob", kept)
		bob.subscribes("chat/conversation/c1", "chat/user/bob/messages")
		bob.disconnect()
		eventually(t, "bob is gone", func() bool { return !w.Connected("geosector", "bob") })
		w.gateway.publishes("chat/conversation/c1", "secret")
		w.gateway.publishes("chat/user/bob/messages", "his own")
		w.gateway.settles()
		w.members.set("geosector", "bob", "c1", false)
		w.Revoke("geosector", "bob", "c1")
		w.members.set("geosector", "bob", "c1", true)

		bob = w.connected(version, "bob", kept)
		bob.receives("chat/user/bob/messages", "his own")
		w.gateway.publishes("chat/conversation/c1", "secret")
		bob.ping() // nothing before the answer
		bob.disconnect()
	}
}

func TestAResumedSessionGetsNothingItMayNotReadAnyMore(t *testing.T) {
	w := start(t)
	bob := w.connected(v311, "bob", kept)
	bob.subscribes("chat/conversation/c1", "chat/user/bob/messages")
	bob.disconnect()
	eventually(t, "bob is gone", func() bool { return !w.Connected("geosector", "bob") })
	w.gateway.publishes("chat/conversation/c1", "secret")
	w.gateway.publishes("chat/user/bob/messages", "his own")
	w.gateway.settles()
	w.members.set("geosector", "bob", "c1", false) // and nobody calls Revoke

	bob = w.connected(v311, "bob", kept)
	bob.receives("chat/user/bob/messages", "his own")
	bob.ping()
}

func TestDisconnectEndsAllSessionsOfAUser(t *testing.T) {
	w := start(t)
	phone := w.connected(v5, "bob", kept, named("phone"))
	tablet := w.connected(v311, "bob", kept, named("tablet"))
	gone := w.connected(v311, "bob", kept, named("gone"))
	gone.disconnect()
	alice := w.connected(v311, "alice")
	if !w.Connected("geosector", "bob") || w.Connected("resalice", "bob") || w.Connected("geosector", "nobody") {
		t.Error("Connected is wrong")
	}

	w.Disconnect("geosector", "bob")
	if reason := phone.cutOff(); reason != packets.ErrAdministrativeAction.Code {
		t.Errorf("DISCONNECT 0x%02x", reason)
	}
	tablet.cutOff()
	eventually(t, "bob is gone", func() bool { return !w.Connected("geosector", "bob") })
	alice.ping()
	for _, device := range []string{"phone", "tablet", "gone"} {
		c := w.wire(v311)
		if c.connect("bob", "bob-token", kept, named(device)).SessionPresent {
			t.Errorf("the session of %s is still there", device)
		}
	}
}

func TestRemoveEndsTheSubscriptionsOfAUserAndTheSessionsOfAVisitor(t *testing.T) {
	w := start(t)
	w.members.set("geosector", visitor, "c2", true)
	alice := w.connects("alice")
	alice.subscribes("chat/conversation/c1")
	page, phone, kiosk := w.connected(v5, visitor, named("page")), w.connects(visitor), w.connected(v311, visitor, kept, named("kiosk"))
	phone.subscribes("chat/user/" + visitor + "/acks")
	kiosk.disconnect()

	w.Remove("geosector", "alice", "c1")
	w.Remove("geosector", visitor, "c2")
	alice.publishes("chat/user/alice/send", "still connected")
	if reason := page.cutOff(); reason != packets.ErrAdministrativeAction.Code {
		t.Errorf("DISCONNECT 0x%02x", reason)
	}
	if notice := string(phone.next().Payload()); !strings.HasPrefix(notice, `{"event":"token.revoked","at":"`) {
		t.Errorf("the notice is %s", notice)
	}
	phone.cutOff()
	eventually(t, "the visitor is gone", func() bool { return !w.Connected("geosector", visitor) })
	if w.wire(v311).connect(visitor, visitor+"-token", kept, named("kiosk")).SessionPresent {
		t.Error("a session of theirs is still there")
	}
}

func named(clientID string) func(*packets.Packet) {
	return func(pk *packets.Packet) { pk.Connect.ClientIdentifier = clientID }
}
