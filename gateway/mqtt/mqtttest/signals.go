package mqtttest

import (
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

var signals = []scenario{
	{"typing is heard by the others, with the sender proven", typingIsHeard, nil},
	{"receipts move watermarks, and the larger wins", receiptsMoveWatermarks, nil},
	{"who comes and goes is told to those who know them", comingAndGoingIsTold, nil},
}

func typingIsHeard(s *stage) {
	alice, bob := s.enters("alice"), s.enters("bob")
	room := s.together("alice", "bob")
	if s.Broker.ChecksMembership {
		// A broker that is told who is in a conversation may be asked before it is.
		s.eventually("bob may listen", func() bool {
			return bob.subscribe(s.Broker.SubscribeQoS, "chat/typing/"+room) == nil
		})
	}
	alice.Publish(alice.topic("typing"), 0, false, encode(s.T, map[string]any{"conversationId": room, "typing": true}))
	typing := new(chatv1.Typing)
	if s.Broker.ChecksMembership {
		bob.hears("typing", "chat/typing/"+room, typing, func() bool { return true })
	} else {
		e := bob.receives(room, "typing")
		if e.Cursor != nil {
			s.Errorf("typing has a cursor: %v", e)
		}
		typing = e.GetTyping()
	}
	if typing.GetUserId() != "alice" || typing.GetConversationId() != room || !typing.GetTyping() || typing.GetAt() == nil {
		s.Errorf("bob hears %v", typing)
	}
}

func receiptsMoveWatermarks(s *stage) {
	alice, bob := s.enters("alice"), s.enters("bob")
	room := s.together("alice", "bob")
	for _, content := range numbered(5) {
		s.writes("alice", room, content)
	}
	bob.receivesOnce(room, 5)
	for _, read := range []int{3, 2, 5} { // 2 is less than what was said, and says nothing
		bob.says("receipts", map[string]any{"conversationId": room, "delivered": 5, "read": read})
	}
	for _, want := range []int64{3, 5} {
		if r := alice.receives(room, "receipt.read").GetReceipt(); r.GetUserId() != "bob" || r.GetSeq() != want {
			s.Errorf("alice hears %v, want that bob has read %d", r, want)
		}
	}
}

// carol is in no other scenario: who was there a moment ago has not come. A connection is seen by the embedded broker;
// elsewhere clients say so.
func comingAndGoingIsTold(s *stage) {
	alice := s.enters("alice")
	s.together("alice", "carol")
	carol, session := s.enters("carol"), newID()
	says := func(status string) {
		if !s.Broker.SeesConnections {
			carol.says("presence", map[string]any{"status": status, "sessionId": session})
		}
	}
	says("online")
	alice.hearsOf("carol", chatv1.Presence_online)
	says("offline")
	carol.Disconnect(50)
	alice.hearsOf("carol", chatv1.Presence_offline)
}

// hearsOf waits until a person is told that another came or went.
func (p *person) hearsOf(user string, status chatv1.Presence_Status) {
	p.on.Helper()
	e := new(chatv1.Event)
	p.hears(user+" is "+status.String(), p.topic("messages"), e, func() bool {
		for _, presence := range e.GetPresenceDigest().GetPresences() {
			if presence.GetUserId() == user && presence.GetStatus() == status {
				return true
			}
		}
		return false
	})
}
