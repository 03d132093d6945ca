package mqtttest

import (
	"slices"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// stage is where a scenario is told. Users are the same in all of them, conversations are not.
type stage struct {
	*testing.T
	Setup
}

// together makes a conversation of some.
func (s *stage) together(users ...string) string {
	s.Helper()
	return s.conversation(s.T, chatv1.Conversation_group, users...)
}

// stored is a conversation's history.
func (s *stage) stored(conversation string) []string {
	s.Helper()
	return s.history(s.T, "alice", conversation)
}

// writes sends a message past broker and gateway; how it begins is its clientMessageId.
func (s *stage) writes(user, conversation, content string) {
	s.Helper()
	_, err := s.Chat.SendMessage(s.As(s.T, user), &chatv1.SendMessageRequest{
		ConversationId: conversation, ClientMessageId: content[:min(len(content), 100)], Content: content,
	})
	if err != nil {
		s.Fatalf("%s writes %.100q: %v", user, content, err)
	}
}

// counted is what the gateway counts.
func (s *stage) counted(name, label string) float64 {
	s.Helper()
	return s.Metric(s.T, name, label)
}

// isCalm waits until the gateway answers, over a connection that is not one which has just been cut, and has nothing to do.
func (s *stage) isCalm() {
	s.Helper()
	alice := s.enters("alice")
	alice.now()
	alice.Disconnect(50)
	s.eventually("the gateway is connected", func() bool { return s.counted("palabre_mqtt_connected", "") > 0 })
	s.eventually("nothing is under way", func() bool {
		return s.queued() == 0 && s.counted("palabre_mqtt_unacknowledged", "") == 0
	})
}

func (s *stage) queued() float64 { return s.counted("palabre_mqtt_uplinks_queued", "") }

// kill ends every gateway, start starts them again.
func (s *stage) kill() {
	for _, g := range s.Faults.Gateways {
		g.Kill()
	}
}

func (s *stage) start() {
	for _, g := range s.Faults.Gateways {
		g.Start()
	}
}

// eventually waits until something is so.
func (s *stage) eventually(what string, is func() bool) {
	s.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			s.Fatalf("%s: not within %v", what, patience)
		}
		pause(s.Context(), 5*time.Millisecond)
	}
}

// equal fails the scenario unless two lists are the same.
func (s *stage) equal(what string, got, want []string) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("%s: %d, %.300q; want %d, %.300q", what, len(got), got, len(want), want)
	}
}
