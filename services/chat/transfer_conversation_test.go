package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat"
)

func TestTransferConversation(t *testing.T) {
	w := newWorld(t)
	w.terms[app] = chat.VisitorRules{DeviceLimit: -1}
	_, err := w.audience.UpsertUsers(backEnd(t), &audiencev1.UpsertUsersRequest{Users: []*audiencev1.User{{UserId: "pro", Name: "Dr Roux"}}})
	must(t, err)
	to := func(v visitor, user, note string) *chatv1.TransferConversationRequest {
		return &chatv1.TransferConversationRequest{Id: v.conversation(), ToUserId: user, Note: note}
	}

	t.Run("the colleague has it, with all that was said and why", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		w.says(v.ctx, t, v.conversation(), "bonjour")
		_, cursor := w.kindsOf(t, "colleague", "MS4w")
		c, err := w.chat.TransferConversation(as(t, "pro"), to(v, "colleague", " Je suis en congé. "))
		must(t, err)
		if participantOf(t, c, "colleague").GetRole() != chatv1.Participant_admin || c.GetParticipantCount() != 2 || len(c.GetParticipants()) != 2 {
			t.Errorf("the conversation is %v", c)
		}
		list, err := w.chat.ListMessages(as(t, "colleague"), &chatv1.ListMessagesRequest{ConversationId: v.conversation()})
		must(t, err)
		notice := list.GetMessages()[0]
		if len(list.GetMessages()) != 2 || notice.GetSenderType() != chatv1.Message_system || notice.GetSeq() != 2 ||
			notice.GetContent() != "Dr Roux handed the conversation over to colleague.\nJe suis en congé." {
			t.Errorf("the colleague reads %v", list.GetMessages())
		}
		w.told(t, "colleague", cursor, "participant.removed", "participant.added", "message.created", "conversation.updated")
		w.told(t, "colleague", "MS4w", "participant.removed", "participant.added", "message.created", "conversation.updated")
		_, err = w.chat.GetConversation(as(t, "pro"), &chatv1.GetConversationRequest{Id: v.conversation()})
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		w.says(v.ctx, t, v.conversation(), "merci")
		w.send(t, "colleague", v.conversation(), "à votre service")
	})

	t.Run("it can come back, and a back end may hand it over", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		for _, user := range []string{"colleague", "pro"} {
			_, err := w.chat.TransferConversation(backEnd(t), to(v, user, ""))
			must(t, err)
		}
		w.send(t, "pro", v.conversation(), "me revoici")
		_, err := w.chat.SendMessage(as(t, "colleague"), &chatv1.SendMessageRequest{ConversationId: v.conversation(), Content: "x"})
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	})

	t.Run("it is handed over by who has it, to somebody else", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.TransferConversation(as(t, "mallory"), to(v, "mallory", ""))
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		for _, user := range []string{"pro", "anon:1", "not an id"} {
			_, err := w.chat.TransferConversation(as(t, "pro"), to(v, user, ""))
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
			if f := rpcerr.FieldViolations(err); len(f) == 0 || f[0].Field != "toUserId" {
				t.Errorf("%s: the fault is with %v", user, f)
			}
		}
		_, err = w.chat.ConvertAnonymousUser(backEnd(t), &chatv1.ConvertAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), UserId: "zoe"})
		must(t, err)
		_, err = w.chat.TransferConversation(as(t, "zoe"), to(v, "colleague", ""))
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		_, err = w.chat.TransferConversation(as(t, "pro"), to(v, "zoe", ""))
		refused(t, err, codes.AlreadyExists, rpcv1.ErrorReason_ALREADY_EXISTS)
	})

	t.Run("where the directory counts, it goes to users that it knows", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		w.terms[app] = chat.VisitorRules{RequireKnownRecipient: true}
		defer func() { w.terms[app] = chat.VisitorRules{DeviceLimit: -1} }()
		_, err := w.chat.TransferConversation(as(t, "pro"), to(v, "colleague", ""))
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	})

	t.Run("a note is judged as contents are", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.TransferConversation(as(t, "pro"), to(v, "colleague", "Zut !"))
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	})

	t.Run("what is over is not handed over", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.UpdateConversation(as(t, "pro"), &chatv1.UpdateConversationRequest{Id: v.conversation(), ExpiryDate: v.GetConversation().GetCreatedAt()})
		must(t, err)
		_, err = w.chat.TransferConversation(as(t, "pro"), to(v, "colleague", ""))
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED)
	})

	t.Run("a visitor cannot be made an admin, who would have it", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		for _, p := range v.GetConversation().GetParticipants() {
			_, err := w.chat.UpdateParticipant(as(t, "pro"), &chatv1.UpdateParticipantRequest{
				ConversationId: v.conversation(), ParticipantId: p.GetId(), Role: chatv1.Participant_admin.Enum(),
			})
			refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_NOT_ALLOWED)
		}
	})

	t.Run("only a visitor's conversation is handed over", func(t *testing.T) {
		c := w.group(t, "alice", "bob")
		_, err := w.chat.TransferConversation(as(t, "alice"), &chatv1.TransferConversationRequest{Id: c.GetId(), ToUserId: "carol"})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_NOT_ALLOWED)
	})
}
