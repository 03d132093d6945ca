package chat_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// sends streams requests and ends the stream, and answers what came back.
func sends(t *testing.T, stream chatv1.ChatService_SendMessagesClient, requests ...*chatv1.SendMessagesRequest) []*chatv1.SendMessagesResponse {
	t.Helper()
	go func() {
		for _, r := range requests {
			if err := stream.Send(r); err != nil {
				t.Error(err)
			}
		}
		if err := stream.CloseSend(); err != nil {
			t.Error(err)
		}
	}()
	var answers []*chatv1.SendMessagesResponse
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return answers
		}
		must(t, err)
		answers = append(answers, answer)
	}
}

func TestSendMessages(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	message := func(clientMessageID, content string) *chatv1.SendMessagesRequest {
		return &chatv1.SendMessagesRequest{Message: &chatv1.SendMessageRequest{
			ConversationId: c.GetId(), ClientMessageId: clientMessageID, Content: content,
		}}
	}

	t.Run("messages are stored and answered in the order of the stream", func(t *testing.T) {
		stream, err := w.chat.SendMessages(as(t, "alice"))
		must(t, err)
		const count = 2000 // more than may be on their way
		var requests []*chatv1.SendMessagesRequest
		for i := range count {
			requests = append(requests, message(fmt.Sprint("ordered-", i), fmt.Sprint(i)))
		}
		answers := sends(t, stream, requests...)
		if len(answers) != count {
			t.Fatalf("%d answers to %d messages", len(answers), count)
		}
		for i, a := range answers {
			if m := a.GetMessage(); m.GetContent() != fmt.Sprint(i) || m.GetSeq() != int64(i)+1 || m.GetDuplicate() {
				t.Fatalf("answer %d is %v", i, a)
			}
		}
	})

	t.Run("one that may not be fails alone", func(t *testing.T) {
		stream, err := w.chat.SendMessages(as(t, "alice"))
		must(t, err)
		elsewhere := message("1", "x")
		elsewhere.Message.ConversationId = "0190a3f0-7c5e-7cc3-8a3e-0123456789ab"
		invalid := message("2", "x")
		invalid.Message.ConversationId = "no id"
		forBob := message("3", "x")
		forBob.UserId = "bob"
		for i, a := range sends(t, stream,
			message("first", "one"), elsewhere, invalid, message("4", "Zut !"), forBob, message("first", "one"), message("last", "two")) {
			switch want := []codes.Code{0, codes.NotFound, codes.InvalidArgument, codes.FailedPrecondition, codes.PermissionDenied, 0, 0}[i]; {
			case want != 0:
				refused(t, status.ErrorProto(a.GetError()), want, []rpcv1.ErrorReason{
					1: rpcv1.ErrorReason_NOT_FOUND, 2: rpcv1.ErrorReason_INVALID_ARGUMENT,
					3: rpcv1.ErrorReason_MESSAGE_REJECTED, 4: rpcv1.ErrorReason_NOT_ALLOWED,
				}[i])
			case a.GetMessage() == nil:
				t.Errorf("answer %d is %v", i, a)
			case a.GetMessage().GetDuplicate() != (i == 5):
				t.Errorf("answer %d is a repeat: %v", i, a.GetMessage().GetDuplicate())
			}
		}
	})

	t.Run("a back end sends in the names of its users, and in its own", func(t *testing.T) {
		stream, err := w.chat.SendMessages(backEnd(t))
		must(t, err)
		byBob, byMallory := message("1", "x"), message("1", "x")
		byBob.UserId, byMallory.UserId = "bob", "mallory"
		answers := sends(t, stream, byBob, byMallory, message("1", "x"))
		if m := answers[0].GetMessage(); m.GetSenderId() != "bob" || m.GetSenderType() != chatv1.Message_user {
			t.Errorf("bob's is %v", answers[0])
		}
		refused(t, status.ErrorProto(answers[1].GetError()), codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		if m := answers[2].GetMessage(); m.GetSenderType() != chatv1.Message_system {
			t.Errorf("its own is %v", answers[2])
		}
	})
}
