package dynsec_test

import (
	"fmt"
	"testing"

	"github.com/palabre/palabre/gateway/mqtt/dynsec"
	"github.com/palabre/palabre/internal/auth"
)

const (
	group = "0197d2a8-0000-7000-8000-00000000000a"
	other = "0197d2a8-0000-7000-8000-00000000000b"
)

func TestAUserHasTheirOwnTopicsAndThoseOfTheirConversations(t *testing.T) {
	w := newWorld(t)
	w.is(alice, group)
	a, gateway := w.connects(alice), w.gateway()
	for filter, want := range map[string]bool{
		"chat/user/alice/messages": true, "chat/user/alice/acks": true, "chat/announcement": true,
		"chat/conversation/" + group: true, "chat/typing/" + group: true,
		"chat/conversation/" + other: false, "chat/typing/" + other: false, "chat/user/bob/messages": false,
		"chat/user/+/messages": false, "chat/conversation/+": false, "chat/#": false, "#": false, "$SYS/#": false,
		"$CONTROL/dynamic-security/v1/response": false, "resalice/announcement": false, "chat/user/bob/+": false,
	} {
		if got := a.mayListen(filter); got != want {
			t.Errorf("alice may listen to %s: %v", filter, got)
		}
	}
	for _, filter := range []string{"chat/user/+/+", "chat/message/send"} { // as the gateway does
		if !gateway.mayListen(filter) {
			t.Fatalf("the gateway may not listen to %s", filter)
		}
	}
	for _, verb := range []string{"send", "receipts", "sync", "typing", "presence"} {
		a.publishes("chat/user/bob/"+verb, "as bob")
		a.publishes("chat/user/alice/messages", "as the gateway")
		a.publishes("chat/user/alice/"+verb, "as myself")
		gateway.hears("chat/user/alice/"+verb, "as myself") // and nothing before it
	}
	gateway.publishes("chat/conversation/"+group, "to the group")
	a.hears("chat/conversation/"+group, "to the group")
}

func TestWhoComesIntoAConversationOrLeavesItStaysConnected(t *testing.T) {
	w := newWorld(t)
	w.is(alice)
	a, gateway, on := w.connects(alice), w.gateway(), "chat/conversation/"+group
	if !a.mayListen("chat/announcement") || a.mayListen(on) {
		t.Fatal("alice may not listen to what she should, or may to what she should not")
	}
	w.is(alice, group)
	if !a.mayListen(on) {
		t.Fatal("alice, who is in it, may not listen")
	}
	w.is(alice)
	gateway.publishes(on, "without alice")
	if a.mayListen(on) {
		t.Error("alice, who is not in it any more, may listen")
	}
	gateway.publishes("chat/announcement", "to all")
	a.hears("chat/announcement", "to all") // and nothing before it, on the same connection
}

func TestWhoIsNotWantedIsSentAway(t *testing.T) {
	w := newWorld(t)
	w.is(alice)
	a := w.connects(alice)
	delete(w.wanted, alice)
	w.brings(alice)
	a.isSentAway()
	if _, err := w.tries(alice, w.account(alice)); err == nil {
		t.Error("alice is let in")
	}
}

func TestAVisitorHearsNoAnnouncements(t *testing.T) {
	w := newWorld(t)
	w.is(zoe, group)
	z := w.connects(zoe)
	if !z.mayListen("chat/user/"+zoe.Subject+"/messages") || !z.mayListen("chat/typing/"+group) || z.mayListen("chat/announcement") {
		t.Error("she may listen to something else than a visitor may")
	}
}

func TestAGatewayThatBeginsAgainFindsWhatTheBrokerHas(t *testing.T) {
	w := newWorld(t)
	w.is(alice, group)
	w.is(bob, group)
	a, b := w.connects(alice), w.connects(bob)
	on := "chat/conversation/" + group
	if !a.mayListen(on) || !b.mayListen(on) {
		t.Fatal("they may not listen")
	}
	w.broker.Close()
	w.begins()
	delete(w.wanted, bob) // while no gateway was there
	w.brings()
	b.isSentAway()
	w.gateway().publishes(on, "to the group")
	a.hears(on, "to the group") // on the same connection
}

func TestWhatAnOperatorMadeIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.is(alice)
	w.gateway().publishes("$CONTROL/dynamic-security/v1", `{"commands":[
		{"command":"createRole","rolename":"geosector/monitor","acls":[{"acltype":"subscribePattern","topic":"$SYS/#","allow":true}]},
		{"command":"createClient","username":"geosector/monitor/1","password":"by hand","roles":[{"rolename":"geosector/monitor"}]}]}`)
	w.broker.Close()
	w.begins()
	w.brings()
	client := w.options("geosector/monitor/1", "by hand")
	if !w.letIn(client) {
		t.Error("who was let in by hand is not any more")
	}
}

func TestAPasswordIsGoodUntilTheEndOfTheNextEpochAndThenEndsTheConnection(t *testing.T) {
	w := newWorld(t)
	w.is(alice)
	first := w.account(alice)
	early := w.connects(alice)

	w.now = w.passwords().ExpiresAt(first).Add(-auth.MQTTEpoch)
	if !w.broker.Turned(alice) {
		t.Error("her epoch has turned, and nobody knows")
	}
	w.brings(alice)
	if w.broker.Turned(alice) {
		t.Error("her account was made, and nobody knows")
	}
	late := w.connects(alice)
	if _, err := w.tries(alice, first); err != nil {
		t.Errorf("the password of the epoch before is refused: %v", err)
	}
	if !early.mayListen("chat/announcement") {
		t.Error("who was connected is not any more")
	}

	w.now = w.passwords().ExpiresAt(first)
	if !w.broker.Turned(alice) {
		t.Error("her first account has ended, and nobody knows")
	}
	w.brings(alice)
	early.isSentAway()
	if _, err := w.tries(alice, first); err == nil {
		t.Error("it is good for longer than it was said to be")
	}
	if !late.mayListen("chat/announcement") {
		t.Error("who connected since is not connected any more")
	}
}

func TestAnotherSecretMakesOtherPasswords(t *testing.T) {
	w := newWorld(t)
	w.is(alice)
	a := w.connects(alice)
	w.secret += "x"
	w.broker.Close()
	w.begins()
	w.brings()
	a.isSentAway()
	w.connects(alice)
}

func TestTheNewestConversationsFitIntoAPacket(t *testing.T) {
	w := newWorld(t)
	var all []string
	for i := range dynsec.MaxConversations + 1 {
		all = append(all, fmt.Sprintf("0197d2a8-0000-7000-8000-%012d", i))
	}
	w.is(alice, all...)
	a := w.connects(alice)
	if !a.mayListen("chat/conversation/"+all[len(all)-1]) || !a.mayListen("chat/conversation/"+all[1]) {
		t.Error("alice may not listen to her newest conversations")
	}
	if a.mayListen("chat/conversation/" + all[0]) {
		t.Error("there is room for more than was thought")
	}
}
