package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestMarkNotificationsRead(t *testing.T) {
	w := newWorld(t, impatient)
	w.works(t)
	c := w.group(t, "alice", "bob", "carol")
	for range 3 {
		w.send(t, "alice", c.GetId(), "x")
	}
	bobs, carols := w.notifications(t, "bob", 3), w.notifications(t, "carol", 3)
	for _, step := range []struct {
		name string
		ids  []string
		want int32
	}{
		{"one", []string{bobs[0].GetId()}, 1},
		{"the same again", []string{bobs[0].GetId()}, 0},
		{"another's, and nobody's", []string{carols[0].GetId(), c.GetId()}, 0},
		{"all", nil, 2},
		{"all again", nil, 0},
	} {
		answer, err := w.chat.MarkNotificationsRead(as(t, "bob"), &chatv1.MarkNotificationsReadRequest{Ids: step.ids})
		must(t, err)
		if answer.GetMarkedCount() != step.want {
			t.Errorf("%s: %d were marked, want %d", step.name, answer.GetMarkedCount(), step.want)
		}
	}
	for _, n := range w.notifications(t, "bob", 3) {
		if n.GetStatus() != chatv1.ChatNotification_read || n.GetReadAt() == nil {
			t.Errorf("bob still has %v", n)
		}
	}
	for _, n := range w.notifications(t, "carol", 3) {
		if n.GetStatus() != chatv1.ChatNotification_sent {
			t.Errorf("carol's is %v", n)
		}
	}

	_, err := w.chat.MarkNotificationsRead(as(t, "bob"), &chatv1.MarkNotificationsReadRequest{Ids: []string{"x"}})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	_, err = w.chat.MarkNotificationsRead(backEnd(t), &chatv1.MarkNotificationsReadRequest{})
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
}
