package mqtttest

import (
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

var identity = []scenario{
	{"who names another sender is refused", aSpoofedSenderIsRefused, nil},
	{"nobody publishes on another's topic", anothersTopicIsClosed, nil},
	{"nobody hears what is another's", nobodyListensIn, nil},
	{"a will in another's name says nothing", aForbiddenWillSaysNothing, nil},
	{"the older topic is bound to who is connected", theOlderTopicIsBound, bindsSender},
	{"the older topic takes a token that proves the sender", theOlderTopicTakesAToken, doesNotBind},
}

func aSpoofedSenderIsRefused(s *stage) {
	mallory := s.enters("mallory")
	room := s.together("alice", "mallory")
	spoofed := message(room, "m-1", "in the name of alice")
	spoofed["senderId"] = "alice"
	mallory.says("send", spoofed)
	if ack := mallory.ack(room); ack.GetRefusal().GetReason() != "SENDER_MISMATCH" || ack.GetRefusal().GetRetryable() {
		s.Errorf("the ack is %v", ack)
	}
	own := message(room, "m-2", "in my own")
	own["senderId"] = "mallory"
	mallory.says("send", own)
	if ack := mallory.ack(room); ack.GetStatus() != chatv1.SendAck_sent {
		s.Errorf("who names themselves is answered %v", ack)
	}
	s.equal("stored", s.stored(room), []string{"in my own"})
}

func anothersTopicIsClosed(s *stage) {
	alice, mallory := s.enters("alice"), s.enters("mallory")
	room, own := s.together("alice", "bob"), s.together("mallory", "alice")
	for _, topic := range []string{
		"chat/user/alice/send", "chat/user/alice/messages", "chat/user/alice/acks", "chat/conversation/" + room, "chat/announcement",
		"chat/user/alice/send/more", "chat/user//send", "other/user/alice/send", "$SYS/broker/clients",
	} {
		mallory.Publish(topic, 1, false, encode(s.T, message(room, "m-1", "in the name of alice")))
		if mallory.isCut() {
			mallory.connects()
		}
	}
	mallory.sends(own, "m-2", "in my own")
	alice.sends(room, "m-3", "in mine")
	s.equal("stored", s.stored(room), []string{"in mine"})
	for _, m := range alice.passed {
		if e := new(chatv1.Event); lenient.Unmarshal(m.Payload(), e) != nil || e.GetEventId() == "" {
			s.Errorf("alice hears %s on %s", m.Payload(), m.Topic())
		}
	}
}

// isCut says whether the broker has ended the connection: it answers what it is asked, or not.
func (p *person) isCut() bool {
	return settled(p.Subscribe(p.topic("acks"), p.on.Broker.SubscribeQoS, nil)) != nil
}

func nobodyListensIn(s *stage) {
	alice, mallory := s.enters("alice"), s.enters("mallory")
	room := s.together("alice", "bob")
	for _, filter := range []string{
		"#", "chat/#", "chat/user/+/messages", "chat/user/bob/messages", "chat/user/alice/acks", "chat/user/alice/send", "$SYS/#",
		"chat/conversation/" + room, "chat/typing/" + room, "chat/conversation/+", "+/+/+/+",
		"$share/gw/chat/user/+/send", "$share/mine/chat/user/alice/messages",
	} {
		code, err := mallory.tryToSubscribe(filter, 1)
		switch {
		case err != nil:
			mallory.connects()
		case s.Broker.RefusesFilters && code != 0x80:
			s.Errorf("the subscription to %s is answered 0x%02x", filter, code)
		}
	}
	alice.sends(room, "m-1", "between alice and bob")
	own := s.together("mallory", "alice")
	s.writes("alice", own, "to mallory")
	mallory.receives(own, "message.created")
	for _, m := range mallory.passed {
		if m.Topic() != mallory.topic("messages") && m.Topic() != mallory.topic("acks") {
			s.Errorf("mallory hears %s on %s", m.Payload(), m.Topic())
		}
	}
}

func aForbiddenWillSaysNothing(s *stage) {
	alice := s.enters("alice")
	room, own := s.together("alice", "mallory"), s.together("mallory", "alice")
	for _, topic := range []string{"chat/user/alice/send", "chat/user/alice/acks", "chat/conversation/" + room} {
		s.leavesWill("mallory", topic, encode(s.T, message(room, "m-1", "the will of mallory")))
	}
	mallory := s.enters("mallory")
	mallory.sends(own, "m-2", "still here")
	alice.sends(room, "m-3", "of my own")
	s.equal("stored", s.stored(room), []string{"of my own"})
}

// leavesWill has somebody connect with a will, if the broker takes it, and go without a goodbye.
func (s *stage) leavesWill(user, topic string, payload []byte) {
	s.Helper()
	wire := new(severed)
	c, err := connect(s.options(user, s.Password(s.T, user)).SetClientID("device-"+newID()).
		SetBinaryWill(topic, payload, 1, false).SetCustomOpenConnectionFn(wire.open))
	if err != nil {
		return // refused
	}
	wire.cut(s.T)
	c.Disconnect(0)
}

func theOlderTopicIsBound(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	older := map[string]any{"conversationId": room, "content": "Bonjour", "senderId": "alice", "timestamp": 1732345678}
	alice.publishes("chat/message/send", older)
	first := alice.ack(room)
	alice.publishes("chat/message/send", older)
	if again := alice.ack(room); first.GetStatus() != chatv1.SendAck_sent || !again.GetDuplicate() || again.GetMessageId() != first.GetMessageId() {
		s.Errorf("it is answered %v, and the same again %v", first, again)
	}
	older["senderId"] = "bob"
	alice.publishes("chat/message/send", older)
	if ack := alice.ack(room); ack.GetRefusal().GetReason() != "SENDER_MISMATCH" {
		s.Errorf("in the name of bob it is answered %v", ack)
	}
	s.equal("stored", s.stored(room), []string{"Bonjour"})
}

func theOlderTopicTakesAToken(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "mallory")
	before := s.counted("palabre_mqtt_dropped_total", "sender_unproven")
	say := func(content, sender, token string) {
		alice.publishes("chat/message/send", map[string]any{
			"conversationId": room, "content": content, "senderId": sender, "timestamp": content, "token": token,
		})
	}
	say("no token", "alice", "")
	say("no token of ours", "alice", "nonsense")
	say("the token of another", "alice", s.Token(s.T, "mallory"))
	say("proven", "alice", s.Token(s.T, "alice"))
	if ack := alice.ack(room); ack.GetStatus() != chatv1.SendAck_sent {
		s.Errorf("the ack is %v", ack)
	}
	s.equal("stored", s.stored(room), []string{"proven"})
	s.eventually("the others are counted", func() bool {
		return s.counted("palabre_mqtt_dropped_total", "sender_unproven") == before+3
	})
}
