package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestEraseAnonymousUser(t *testing.T) {
	w := newWorld(t)
	history := func(t *testing.T, v visitor) []*chatv1.Message {
		t.Helper()
		answer, err := w.chat.ListMessages(as(t, "pro"), &chatv1.ListMessagesRequest{ConversationId: v.conversation()})
		must(t, err)
		return answer.GetMessages()
	}
	erase := func(v visitor, messages bool) *chatv1.EraseAnonymousUserRequest {
		return &chatv1.EraseAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), EraseMessages: messages}
	}

	t.Run("the conversation stays readable, without who they were", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		m := w.says(v.ctx, t, v.conversation(), "bonjour")
		_, cursor := w.kindsOf(t, "pro", "MS4w")
		_, err := w.chat.EraseAnonymousUser(v.ctx, erase(v, false))
		must(t, err)

		got, err := w.chat.GetAnonymousUser(backEnd(t), &chatv1.GetAnonymousUserRequest{Id: v.GetAnonymousUser().GetId()})
		must(t, err)
		if got.GetName() != "" || got.GetEmail() != "" || got.GetDeviceId() != "" || got.GetMetadata() != nil {
			t.Errorf("of them is left %v", got)
		}
		if left := history(t, v); len(left) != 1 || left[0].GetContent() != "bonjour" || left[0].GetSenderName() != "" {
			t.Errorf("pro reads %v", left)
		}
		c, err := w.chat.GetConversation(as(t, "pro"), &chatv1.GetConversationRequest{Id: v.conversation()})
		must(t, err)
		if c.GetParticipantCount() != 1 || len(c.GetParticipants()) != 1 {
			t.Errorf("the conversation is %v", c)
		}
		w.told(t, "pro", cursor, "participant.removed", "conversation.updated")
		w.dead(t, v, m.GetId())

		// Once more changes nothing, and a back end may ask it.
		_, err = w.chat.EraseAnonymousUser(backEnd(t), erase(v, false))
		must(t, err)
		w.told(t, "pro", cursor, "participant.removed", "conversation.updated")
		_, err = w.chat.ConvertAnonymousUser(backEnd(t), &chatv1.ConvertAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), UserId: "zoe"})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_ALREADY_CONVERTED)
	})

	t.Run("their words go too, when that is asked for", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		w.says(v.ctx, t, v.conversation(), "secret")
		w.send(t, "pro", v.conversation(), "réponse")
		_, cursor := w.kindsOf(t, "pro", "MS4w")
		_, err := w.chat.EraseAnonymousUser(backEnd(t), erase(v, true))
		must(t, err)
		left := history(t, v)
		if len(left) != 2 || left[1].GetContent() != "" || left[1].GetDeletedAt() == nil || left[0].GetContent() != "réponse" {
			t.Errorf("pro reads %v", left)
		}
		w.told(t, "pro", cursor, "message.deleted", "participant.removed", "conversation.updated")
	})

	t.Run("what a user has become of stays in the conversation", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		w.says(v.ctx, t, v.conversation(), "bonjour")
		_, err := w.chat.ConvertAnonymousUser(backEnd(t), &chatv1.ConvertAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), UserId: "zoe"})
		must(t, err)
		_, err = w.chat.EraseAnonymousUser(backEnd(t), erase(v, false))
		must(t, err)
		w.send(t, "zoe", v.conversation(), "toujours là")
		if left := history(t, v); len(left) != 2 || left[1].GetContent() != "bonjour" || left[1].GetSenderName() != "" {
			t.Errorf("pro reads %v", left)
		}
	})

	t.Run("it is for themselves and back ends", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.EraseAnonymousUser(as(t, "pro"), erase(v, false))
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		_, err = w.chat.EraseAnonymousUser(w.visits(t, "Max").ctx, erase(v, false))
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		_, err = w.chat.EraseAnonymousUser(backEnd(t), &chatv1.EraseAnonymousUserRequest{Id: nothing})
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		_, err = w.chat.EraseAnonymousUser(backEnd(t), &chatv1.EraseAnonymousUserRequest{Id: "x"})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})
}
