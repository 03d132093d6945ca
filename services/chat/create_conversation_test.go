package chat_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestCreateConversation(t *testing.T) {
	w := newWorld(t)

	t.Run("a one_to_one is the same from both sides", func(t *testing.T) {
		ask := func(user, with string) *chatv1.Conversation {
			c, err := w.chat.CreateConversation(as(t, user), &chatv1.CreateConversationRequest{
				Type: chatv1.Conversation_one_to_one, Participants: []*chatv1.NewParticipant{{UserId: with}},
			})
			must(t, err)
			return c
		}
		first, second := ask("alice", "bob"), ask("bob", "alice")
		if first.GetId() != second.GetId() || len(second.GetParticipants()) != 2 {
			t.Errorf("alice has %v, bob %v", first, second)
		}
	})

	t.Run("who creates a group is its admin", func(t *testing.T) {
		c := w.group(t, "alice", "bob")
		if participantOf(t, c, "alice").GetRole() != chatv1.Participant_admin || participantOf(t, c, "bob").GetRole() != chatv1.Participant_member {
			t.Errorf("the participants are %v", c.GetParticipants())
		}
		if c.GetReplyPermission() != chatv1.Conversation_all || c.GetCreatedBy() != "alice" {
			t.Errorf("the group is %v", c)
		}
	})

	t.Run("a broadcast is written by its author", func(t *testing.T) {
		c, err := w.chat.CreateConversation(as(t, "alice"), &chatv1.CreateConversationRequest{
			Type: chatv1.Conversation_broadcast, Participants: []*chatv1.NewParticipant{{UserId: "bob"}},
		})
		must(t, err)
		w.send(t, "alice", c.GetId(), "écoutez")
		_, err = w.chat.SendMessage(as(t, "bob"), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "oui"})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED)
	})

	t.Run("what is wrong with a request is named", func(t *testing.T) {
		with := func(people ...*chatv1.NewParticipant) []*chatv1.NewParticipant { return people }
		for _, tt := range []struct {
			field string
			req   *chatv1.CreateConversationRequest
		}{
			{"type", &chatv1.CreateConversationRequest{}},
			{"type", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_announcement}},
			{"participants", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_one_to_one}},
			{"participants", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_one_to_one, Participants: with(
				&chatv1.NewParticipant{UserId: "alice"})}},
			{"participants[0].role", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_one_to_one, Participants: with(
				&chatv1.NewParticipant{UserId: "bob", Role: chatv1.Participant_admin})}},
			{"participants[0].role", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_one_to_one, Participants: with(
				&chatv1.NewParticipant{UserId: "bob", Role: chatv1.Participant_read_only})}},
			{"participants[1].role", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_broadcast, Participants: with(
				&chatv1.NewParticipant{UserId: "bob"}, &chatv1.NewParticipant{UserId: "carol", Role: chatv1.Participant_admin})}},
			{"participants[0].userId", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group, Participants: with(
				&chatv1.NewParticipant{UserId: "not an id"})}},
			{"participants[0].userId", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group, Participants: with(
				&chatv1.NewParticipant{UserId: "anon:1"})}},
			{"title", &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group, Title: strings.Repeat("x", 201)}},
		} {
			_, err := w.chat.CreateConversation(as(t, "alice"), tt.req)
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
			if v := rpcerr.FieldViolations(err); len(v) == 0 || v[0].Field != tt.field {
				t.Errorf("the fault is with %v, want %s", v, tt.field)
			}
		}
	})

	t.Run("a back end names who writes in a broadcast", func(t *testing.T) {
		c, err := w.chat.CreateConversation(backEnd(t), &chatv1.CreateConversationRequest{
			Type: chatv1.Conversation_broadcast, ReplyPermission: chatv1.Conversation_admins_only,
			Participants: []*chatv1.NewParticipant{{UserId: "desk", Role: chatv1.Participant_admin}, {UserId: "bob"}},
		})
		must(t, err)
		w.send(t, "desk", c.GetId(), "écoutez")
	})
}
