package chat_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestListConversations(t *testing.T) {
	w := newWorld(t)
	list := func(t *testing.T, user string, req *chatv1.ListConversationsRequest) *chatv1.ListConversationsResponse {
		t.Helper()
		answer, err := w.chat.ListConversations(as(t, user), req)
		must(t, err)
		return answer
	}

	t.Run("pages go through the whole list, and the first says what is unread in all of it", func(t *testing.T) {
		var want, got []string
		for range 5 {
			c := w.group(t, "alice", "bob")
			w.send(t, "alice", c.GetId(), "bonjour")
			want = append([]string{c.GetId()}, want...)
		}
		req := &chatv1.ListConversationsRequest{Limit: 2}
		for first := true; first || req.GetPageToken() != ""; first = false {
			answer := list(t, "bob", req)
			if first != (answer.TotalUnread != nil) || first && answer.GetTotalUnread() != 5 {
				t.Errorf("the first page: %v; unread in all %v", first, answer.TotalUnread)
			}
			for _, c := range answer.GetConversations() {
				got = append(got, c.GetId())
			}
			req.PageToken = answer.GetNextPageToken()
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %v\nwant   %v", got, want)
		}
	})

	t.Run("a pin brings a conversation up, and taking it away puts it back", func(t *testing.T) {
		all := list(t, "bob", &chatv1.ListConversationsRequest{}).GetConversations()
		last := all[len(all)-1].GetId()
		for _, pinned := range []bool{true, false} {
			_, err := w.chat.PinConversation(as(t, "alice"), &chatv1.PinConversationRequest{Id: last, IsPinned: &pinned})
			must(t, err)
			if first := list(t, "bob", &chatv1.ListConversationsRequest{Limit: 1}).GetConversations()[0]; (first.GetId() == last) != pinned {
				t.Errorf("pinned %v: first comes %v", pinned, first)
			}
		}
	})

	t.Run("an expired conversation leaves the list at the moment it expires, but its creator's", func(t *testing.T) {
		c, err := w.chat.CreateConversation(as(t, "carol"), &chatv1.CreateConversationRequest{
			Type:         chatv1.Conversation_group,
			Participants: []*chatv1.NewParticipant{{UserId: "dave"}},
			ExpiryDate:   timestamppb.New(w.clock.Now().Add(time.Hour)),
		})
		must(t, err)
		m := w.send(t, "carol", c.GetId(), "jusqu’à midi")
		if answer := list(t, "dave", &chatv1.ListConversationsRequest{}); len(answer.GetConversations()) != 1 || answer.GetTotalUnread() != 1 {
			t.Errorf("before it expires dave is listed %v", answer)
		}
		w.clock.advance(time.Hour)
		if answer := list(t, "dave", &chatv1.ListConversationsRequest{}); len(answer.GetConversations()) != 0 || answer.GetTotalUnread() != 0 {
			t.Errorf("dave is listed %v", answer)
		}
		if answer := list(t, "carol", &chatv1.ListConversationsRequest{}); len(answer.GetConversations()) != 1 {
			t.Errorf("carol is listed %v", answer)
		}
		text := "encore"
		_, err = w.chat.SendMessage(as(t, "dave"), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: text})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED)
		_, err = w.chat.UpdateMessage(as(t, "carol"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED)
	})

	t.Run("a token that is none is refused", func(t *testing.T) {
		_, err := w.chat.ListConversations(as(t, "bob"), &chatv1.ListConversationsRequest{PageToken: "!"})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
	})
}
