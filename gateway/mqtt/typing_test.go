package mqttgw_test

import (
	"testing"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

func (p *person) types(conversation string, typing bool) {
	p.t.Helper()
	p.says("typing", map[string]any{"conversationId": conversation, "typing": typing})
}

func TestTypingGoesToTheConversationsTopicWithTheSenderProven(t *testing.T) {
	w := start(t)
	alice, bob := w.connects("alice"), w.connects("bob")
	bob.subscribes("chat/typing/" + group)
	alice.types(group, true)
	signal := new(chatv1.Typing)
	bob.hears("chat/typing/"+group, signal)
	if signal.GetUserId() != "alice" || signal.GetConversationId() != group || !signal.GetTyping() || signal.GetAt() == nil {
		t.Errorf("bob hears %v", signal)
	}
}

func TestWhereTheBrokerDoesNotCheckMembershipTypingGoesToTheOthersInboxes(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Broker.ChecksMembership = false })
	alice, bob, carol := w.connects("alice"), w.connects("bob"), w.connects("carol")
	alice.types(group, true)
	for _, p := range []*person{bob, carol} {
		e := p.event()
		if e.GetEvent() != "typing" || e.GetTyping().GetUserId() != "alice" || e.Cursor != nil || e.GetEventId() == "" {
			t.Errorf("%s hears %v", p.id, e)
		}
	}
	w.chat.happens("last", pair, chatv1.Conversation_one_to_one, "alice")
	if e := alice.event(); e.GetEvent() != "last" {
		t.Errorf("alice hears of herself: %v", e)
	}
}

func TestWhoTypesWhereTheyAreNotIsRefused(t *testing.T) {
	w := start(t)
	mallory := w.connects("mallory")
	for _, conversation := range []string{pair, "0197d2a8-0000-7000-8000-0000000000ff", "nonsense"} {
		mallory.types(conversation, true)
		refusal := new(chatv1.UplinkRefusal)
		mallory.hears("chat/user/mallory/acks", refusal)
		if refusal.GetTopic() != "typing" || refusal.GetRefusal().GetReason() != "NOT_FOUND" {
			t.Errorf("typing in %s is answered %v", conversation, refusal)
		}
	}
}

func TestTypingSaidOverAndOverIsHeardOnce(t *testing.T) {
	w := start(t)
	alice, bob := w.connects("alice"), w.connects("bob")
	bob.subscribes("chat/typing/" + group)
	for i := range 20 {
		alice.types(group, i%2 == 0)
	}
	eventually(t, "the others are dropped", func() bool { return w.counted("palabre_mqtt_dropped_total", "typing_repeated") == 19 })
	if n := w.counted("palabre_mqtt_published_total", "typing"); n != 1 {
		t.Errorf("%v published", n)
	}
}

func TestALargeConversationIsNotToldOfTypingOneByOne(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Broker.ChecksMembership = false })
	w.chat.setMembers(group, append(many(100), "alice")...)
	w.connects("alice").types(group, true)
	eventually(t, "accepted", func() bool { return w.counted("palabre_mqtt_uplinks_total", "typing") == 1 })
	if n := w.counted("palabre_mqtt_published_total", ""); n != 0 {
		t.Errorf("%v published", n)
	}
}
