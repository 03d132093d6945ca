package chat_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
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
		for field, req := range map[string]*chatv1.CreateConversationRequest{
			"type":                   {},
			"participants":           {Type: chatv1.Conversation_one_to_one},
			"participants[0].userId": {Type: chatv1.Conversation_group, Participants: []*chatv1.NewParticipant{{UserId: "not an id"}}},
			"participants[1].userId": {Type: chatv1.Conversation_group, Participants: []*chatv1.NewParticipant{{UserId: "anon:1"}}},
			"title":                  {Type: chatv1.Conversation_group, Title: strings.Repeat("x", 201)},
		} {
			_, err := w.chat.CreateConversation(as(t, "alice"), req)
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
			if v := rpcerr.FieldViolations(err); len(v) == 0 || v[0].Field != field {
				t.Errorf("the fault is with %v, want %s", v, field)
			}
		}
	})

	t.Run("groups can be switched off", func(t *testing.T) {
		ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindUser, UserID: "alice"})
		_, err := w.chat.CreateConversation(ctx, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	})
}
