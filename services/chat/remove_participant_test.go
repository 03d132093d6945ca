package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestRemoveParticipant(t *testing.T) {
	w := newWorld(t)
	leave := func(user string, c *chatv1.Conversation) error {
		_, err := w.chat.RemoveParticipant(as(t, user), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: "me"})
		return err
	}

	t.Run("one who leaves has nothing of the conversation any more", func(t *testing.T) {
		c := w.group(t, "alice", "bob")
		m := w.send(t, "bob", c.GetId(), "adieu")
		before, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{})
		must(t, err)
		must(t, leave("bob", c))

		id, bob := c.GetId(), as(t, "bob")
		calls := map[string]error{}
		_, calls["GetConversation"] = w.chat.GetConversation(bob, &chatv1.GetConversationRequest{Id: id})
		_, calls["ListMessages"] = w.chat.ListMessages(bob, &chatv1.ListMessagesRequest{ConversationId: id})
		_, calls["ListParticipants"] = w.chat.ListParticipants(bob, &chatv1.ListParticipantsRequest{ConversationId: id})
		_, calls["GetMessage"] = w.chat.GetMessage(bob, &chatv1.GetMessageRequest{Id: m.GetId()})
		_, calls["DeleteMessage"] = w.chat.DeleteMessage(bob, &chatv1.DeleteMessageRequest{Id: m.GetId()})
		_, calls["ListMessageChanges"] = w.chat.ListMessageChanges(bob, &chatv1.ListMessageChangesRequest{Id: m.GetId()})
		_, calls["SendMessage"] = w.chat.SendMessage(bob, &chatv1.SendMessageRequest{ConversationId: id, Content: "x"})
		_, calls["MarkRead"] = w.chat.MarkRead(bob, &chatv1.MarkReadRequest{ConversationId: id, Seq: 1})
		calls["leaving again"] = leave("bob", c)
		for call, err := range calls {
			if rpcerr.Code(err) != codes.NotFound || rpcerr.Reason(err) != rpcv1.ErrorReason_NOT_FOUND {
				t.Errorf("%s answers %v", call, err)
			}
		}

		w.send(t, "alice", id, "entre nous")
		events, err := w.chat.ListEvents(bob, &chatv1.ListEventsRequest{AfterCursor: before.GetCursor()})
		must(t, err)
		if len(events.GetEvents()) != 1 || events.GetEvents()[0].GetParticipant().GetUserId() != "bob" {
			t.Errorf("bob is told %v, want of his leaving alone", events.GetEvents())
		}
	})

	t.Run("the last admin makes another first, and may go when nobody else is there", func(t *testing.T) {
		c := w.group(t, "alice", "bob")
		refused(t, leave("alice", c), codes.FailedPrecondition, rpcv1.ErrorReason_LAST_ADMIN)
		_, err := w.chat.UpdateParticipant(as(t, "alice"), &chatv1.UpdateParticipantRequest{
			ConversationId: c.GetId(), ParticipantId: participantOf(t, c, "alice").GetId(), Role: chatv1.Participant_member.Enum(),
		})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_LAST_ADMIN)
		_, err = w.chat.UpdateParticipant(as(t, "alice"), &chatv1.UpdateParticipantRequest{
			ConversationId: c.GetId(), ParticipantId: participantOf(t, c, "bob").GetId(), Role: chatv1.Participant_admin.Enum(),
		})
		must(t, err)
		must(t, leave("alice", c))
		must(t, leave("bob", c))
		empty, err := w.chat.GetConversation(backEnd(t), &chatv1.GetConversationRequest{Id: c.GetId()})
		must(t, err)
		if empty.GetParticipantCount() != 0 || len(empty.GetParticipants()) != 0 {
			t.Errorf("the group is %v", empty)
		}
	})

	t.Run("what cannot be left, and who is not there", func(t *testing.T) {
		pair, err := w.chat.CreateConversation(as(t, "alice"), &chatv1.CreateConversationRequest{
			Type: chatv1.Conversation_one_to_one, Participants: []*chatv1.NewParticipant{{UserId: "bob"}},
		})
		must(t, err)
		refused(t, leave("bob", pair), codes.FailedPrecondition, rpcv1.ErrorReason_NOT_ALLOWED)
		c := w.group(t, "alice", "bob")
		refused(t, leave("mallory", c), codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		_, err = w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{
			ConversationId: c.GetId(), ParticipantId: participantOf(t, pair, "bob").GetId(),
		})
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		_, err = w.chat.RemoveParticipant(backEnd(t), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: "me"})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		_, err = w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: "moi"})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})
}
