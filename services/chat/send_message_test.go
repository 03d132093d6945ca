package chat_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestSendMessage(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	send := func(req *chatv1.SendMessageRequest) (*chatv1.Message, error) {
		req.ConversationId = c.GetId()
		return w.chat.SendMessage(as(t, "alice"), req)
	}

	t.Run("the answer is the stored message", func(t *testing.T) {
		m, err := send(&chatv1.SendMessageRequest{Content: "bonjour", ClientMessageId: "1"})
		must(t, err)
		stored, err := w.chat.GetMessage(as(t, "bob"), &chatv1.GetMessageRequest{Id: m.GetId()})
		must(t, err)
		if m.GetSeq() != 1 || m.GetSenderName() != "Name of alice" || m.GetStatus() != chatv1.Message_sent || !m.GetIsModerated() || m.GetDuplicate() {
			t.Errorf("the message is %v", m)
		}
		m.Duplicate = nil
		if stored.String() != m.String() {
			t.Errorf("stored is %v\nanswered %v", stored, m)
		}
	})

	t.Run("a repeat is the first message, even when the rules would refuse it now", func(t *testing.T) {
		m, err := send(&chatv1.SendMessageRequest{Content: "bonjour", ClientMessageId: "1"})
		must(t, err)
		if !m.GetDuplicate() || m.GetSeq() != 1 {
			t.Errorf("the repeat is %v", m)
		}
		_, err = send(&chatv1.SendMessageRequest{Content: "autre", ClientMessageId: "1"})
		refused(t, err, codes.AlreadyExists, rpcv1.ErrorReason_IDEMPOTENCY_CONFLICT)
	})

	t.Run("what cannot be sent is refused, and takes no seq", func(t *testing.T) {
		for name, tt := range map[string]struct {
			req    *chatv1.SendMessageRequest
			code   codes.Code
			reason rpcv1.ErrorReason
		}{
			"nothing":                {&chatv1.SendMessageRequest{Content: " \n"}, codes.InvalidArgument, rpcv1.ErrorReason_EMPTY_MESSAGE},
			"too much":               {&chatv1.SendMessageRequest{Content: strings.Repeat("é", 8001)}, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
			"no such attachment":     {&chatv1.SendMessageRequest{Content: "x", AttachmentIds: []string{"0190a3f0-7c5e-7cc3-8a3e-0123456789ab"}}, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
			"a reply to nothing":     {&chatv1.SendMessageRequest{Content: "x", ReplyToMessageId: "0190a3f0-7c5e-7cc3-8a3e-0123456789ab"}, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
			"a word that is refused": {&chatv1.SendMessageRequest{Content: "Oh ZUT !"}, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED},
		} {
			_, err := send(tt.req)
			if rpcerr.Code(err) != tt.code || rpcerr.Reason(err) != tt.reason {
				t.Errorf("%s is answered %v", name, err)
			}
		}
		if m := w.send(t, "alice", c.GetId(), strings.Repeat("é", 8000)); m.GetSeq() != 2 {
			t.Errorf("the next message has seq %d", m.GetSeq())
		}
	})

	t.Run("a back end writes as the system", func(t *testing.T) {
		m, err := w.chat.SendMessage(backEnd(t), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "maintenance"})
		must(t, err)
		if m.GetSenderType() != chatv1.Message_system || m.GetSenderId() != "" {
			t.Errorf("the message is %v", m)
		}
	})

	t.Run("a name that the token does not say comes from the directory", func(t *testing.T) {
		_, err := w.audience.UpsertUsers(backEnd(t), &audiencev1.UpsertUsersRequest{Users: []*audiencev1.User{{UserId: "bob", Name: "Bob Durand"}}})
		must(t, err)
		// That he had none was just found out, and is believed for a while.
		w.clock.advance(10 * time.Second)
		ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "bob"})
		m, err := w.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "moi"})
		must(t, err)
		if m.GetSenderName() != "Bob Durand" {
			t.Errorf("the sender is called %q", m.GetSenderName())
		}
	})

	t.Run("an expired conversation takes no message", func(t *testing.T) {
		c := w.group(t, "alice")
		_, err := w.chat.UpdateConversation(as(t, "alice"), &chatv1.UpdateConversationRequest{Id: c.GetId(), ExpiryDate: c.GetCreatedAt()})
		must(t, err)
		_, err = w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "x"})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED)
	})
}
