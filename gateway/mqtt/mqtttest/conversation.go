package mqtttest

import (
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// conversation makes a conversation of the first user with the others.
func (s Setup) conversation(t testing.TB, kind chatv1.Conversation_Type, users ...string) string {
	t.Helper()
	req := &chatv1.CreateConversationRequest{Type: kind}
	for _, user := range users[1:] {
		req.Participants = append(req.Participants, &chatv1.NewParticipant{UserId: user})
	}
	c, err := s.Chat.CreateConversation(s.As(t, users[0]), req)
	if err != nil {
		t.Fatalf("make a conversation of %v: %v", users, err)
	}
	return c.GetId()
}

// history answers the contents of a conversation's messages, in order; seq has to have no gaps.
func (s Setup) history(t testing.TB, user, conversation string) (contents []string) {
	t.Helper()
	for {
		after := int64(len(contents))
		page, err := s.Chat.ListMessages(s.As(t, user), &chatv1.ListMessagesRequest{ConversationId: conversation, AfterSeq: &after, Limit: 200})
		if err != nil {
			t.Fatalf("the history of %s: %v", user, err)
		}
		for _, m := range page.GetMessages() {
			contents = append(contents, m.GetContent())
			if m.GetSeq() != int64(len(contents)) {
				t.Fatalf("after seq %d comes %d", len(contents)-1, m.GetSeq())
			}
		}
		if len(page.GetMessages()) == 0 {
			return contents
		}
	}
}
