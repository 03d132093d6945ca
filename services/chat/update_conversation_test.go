package chat_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestExpiryDates(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	update := func(req *chatv1.UpdateConversationRequest) (*chatv1.Conversation, error) {
		req.Id = c.GetId()
		return w.chat.UpdateConversation(as(t, "alice"), req)
	}

	t.Run("one that is over ends a conversation, taking it away opens it again", func(t *testing.T) {
		_, err := update(&chatv1.UpdateConversationRequest{ExpiryDate: timestamppb.New(w.clock.Now())})
		must(t, err)
		_, err = w.chat.SendMessage(as(t, "bob"), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "x"})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED)
		opened, err := update(&chatv1.UpdateConversationRequest{ClearExpiryDate: true})
		must(t, err)
		if opened.GetExpiryDate() != nil {
			t.Errorf("the conversation is %v", opened)
		}
		w.send(t, "bob", c.GetId(), "x")
	})

	t.Run("setting and taking away do not go together", func(t *testing.T) {
		_, err := update(&chatv1.UpdateConversationRequest{ClearExpiryDate: true, ExpiryDate: timestamppb.New(w.clock.Now())})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})

	t.Run("a title alone leaves it as it is", func(t *testing.T) {
		title, date := "Bureau", w.clock.Now().Add(time.Hour).Truncate(time.Microsecond)
		_, err := update(&chatv1.UpdateConversationRequest{ExpiryDate: timestamppb.New(date)})
		must(t, err)
		renamed, err := update(&chatv1.UpdateConversationRequest{Title: &title})
		must(t, err)
		if renamed.GetTitle() != title || !renamed.GetExpiryDate().AsTime().Equal(date) {
			t.Errorf("the conversation is %v", renamed)
		}
	})

	t.Run("no conversation begins with one that is over", func(t *testing.T) {
		_, err := w.chat.CreateConversation(as(t, "alice"), &chatv1.CreateConversationRequest{
			Type: chatv1.Conversation_group, ExpiryDate: timestamppb.New(w.clock.Now().Add(-time.Second)),
		})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != "expiryDate" {
			t.Errorf("the fault is with %v", v)
		}
	})
}
