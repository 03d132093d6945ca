package mqtttest

import (
	paho "github.com/eclipse/paho.mqtt.golang"
	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

var sending = []scenario{
	{"a message is stored, answered and heard", aMessageIsStored, nil},
	{"the same clientMessageId again is the same message", aRepeatIsTheSameMessage, nil},
	{"the same clientMessageId with other content is refused", aConflictIsRefused, nil},
	{"what is refused for good is answered once and blocks nothing", aRefusalBlocksNothing, nil},
	{"what one sender says keeps its order", aSenderKeepsTheirOrder, nil},
}

func aMessageIsStored(s *stage) {
	alice, bob := s.enters("alice"), s.enters("bob")
	room := s.together("alice", "bob")
	ack := alice.sends(room, "m-1", "Bonjour")
	e := bob.receives(room, "message.created")
	m := e.GetMessage()
	if m.GetId() != ack.GetMessageId() || m.GetContent() != "Bonjour" || m.GetSenderId() != "alice" || e.GetSeq() != ack.GetSeq() || e.GetCursor() == "" {
		s.Errorf("bob receives %v, alice was answered %v", e, ack)
	}
	if own := alice.receives(room, "message.created"); own.GetEventId() != e.GetEventId() {
		s.Errorf("alice's other devices are told %s, bob %s", own.GetEventId(), e.GetEventId())
	}
}

func aRepeatIsTheSameMessage(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	first := alice.sends(room, "m-1", "une fois")
	again := alice.sends(room, "m-1", "une fois")
	if first.GetDuplicate() || !again.GetDuplicate() || again.GetMessageId() != first.GetMessageId() || again.GetSeq() != first.GetSeq() {
		s.Errorf("the repeat is answered %v, the first was %v", again, first)
	}
	alice.sends(room, "m-2", "fin")
	s.equal("heard", alice.receivesOnce(room, 2), []string{"une fois", "fin"})
	s.equal("stored", s.stored(room), []string{"une fois", "fin"})
}

func aConflictIsRefused(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	alice.sends(room, "m-1", "one thing")
	alice.says("send", message(room, "m-1", "another"))
	if ack := alice.ack(room); ack.GetRefusal().GetReason() != "IDEMPOTENCY_CONFLICT" || ack.GetRefusal().GetRetryable() {
		s.Errorf("the ack is %v", ack)
	}
	s.equal("stored", s.stored(room), []string{"one thing"})
}

func aRefusalBlocksNothing(s *stage) {
	mallory := s.enters("mallory")
	room, own := s.together("alice", "bob"), s.together("mallory", "alice")
	mallory.says("send", message(room, "m-1", "where I am not"))
	if ack := mallory.ack(room); ack.GetStatus() != chatv1.SendAck_error || ack.GetRefusal().GetCode() != int32(codes.NotFound) ||
		ack.GetRefusal().GetRetryable() || ack.GetClientMessageId() != "m-1" {
		s.Errorf("the ack is %v", ack)
	}
	mallory.sends(own, "m-2", "where I am")
	s.equal("stored", s.stored(room), nil)
}

func aSenderKeepsTheirOrder(s *stage) {
	alice, bob := s.enters("alice"), s.enters("bob")
	room := s.together("alice", "bob")
	want := alice.pours(room, 100)
	s.equal("acks", alice.acks(room, len(want)), want)
	s.equal("stored", s.stored(room), want)
	s.equal("heard", bob.receivesOnce(room, len(want)), want)
}

// pours publishes messages without waiting for answers, and answers their ids, which are their contents too.
func (p *person) pours(conversation string, count int) (ids []string) {
	p.on.Helper()
	ids = numbered(count)
	var published []paho.Token
	for _, id := range ids {
		published = append(published, p.Publish(p.topic("send"), 1, false, encode(p.on.T, message(conversation, id, id))))
	}
	if p.on.Broker.SettlesBeforePuback {
		return ids
	}
	for _, token := range published {
		if err := settled(token); err != nil {
			p.on.Fatalf("%s publishes: %v", p.name, err)
		}
	}
	return ids
}

// acks waits for answers that say that something is stored, and answers the ids in their order.
func (p *person) acks(conversation string, count int) (ids []string) {
	p.on.Helper()
	for range count {
		ack := p.ack(conversation)
		if ack.GetStatus() != chatv1.SendAck_sent {
			p.on.Errorf("%s is answered %v", p.name, ack)
		}
		ids = append(ids, ack.GetClientMessageId())
	}
	return ids
}
