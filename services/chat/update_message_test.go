package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestUpdateMessage(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	m := w.send(t, "bob", c.GetId(), "bonjuor")
	text := "bonjour"

	t.Run("only its sender edits it, and the rules look again", func(t *testing.T) {
		_, err := w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		edited, err := w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
		must(t, err)
		if edited.GetContent() != text || edited.GetEditedAt() == nil || edited.GetSeq() != m.GetSeq() {
			t.Errorf("edited it is %v", edited)
		}
		bad := "zut"
		_, err = w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &bad})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	})

	t.Run("saying that it was read moves the reader's watermark", func(t *testing.T) {
		read, err := w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Status: chatv1.Message_read.Enum()})
		must(t, err)
		if read.GetStatus() != chatv1.Message_read || read.GetReadAt() == nil {
			t.Errorf("the message is %v", read)
		}
	})

	t.Run("a status that callers do not set is refused", func(t *testing.T) {
		_, err := w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Status: chatv1.Message_error.Enum()})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})

	t.Run("its sender deletes it, and an admin does, and nothing is left to edit", func(t *testing.T) {
		_, err := w.chat.DeleteMessage(as(t, "alice"), &chatv1.DeleteMessageRequest{Id: m.GetId()})
		must(t, err)
		_, err = w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_DELETED)
		other := w.send(t, "alice", c.GetId(), "à moi")
		_, err = w.chat.DeleteMessage(as(t, "bob"), &chatv1.DeleteMessageRequest{Id: other.GetId()})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})
}
