package chat_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat"
)

func TestEventsFromACursorOn(t *testing.T) {
	w := newWorld(t)
	start, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{})
	must(t, err)
	if len(start.GetEvents()) != 0 || start.GetCursor() == "" || start.GetStatus() != chatv1.ListEventsResponse_synced {
		t.Fatalf("without a cursor the answer is %v", start)
	}
	c := w.group(t, "alice", "bob")
	w.send(t, "alice", c.GetId(), "un")
	w.send(t, "alice", c.GetId(), "deux")

	t.Run("pages hold what came since, each once", func(t *testing.T) {
		var kinds []string
		cursor, more := start.GetCursor(), true
		for more {
			page, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{AfterCursor: cursor, Limit: 2})
			must(t, err)
			for _, e := range page.GetEvents() {
				kinds = append(kinds, e.GetEvent())
			}
			cursor, more = page.GetCursor(), page.GetMore()
		}
		if want := []string{"conversation.created", "message.created", "message.created"}; !slices.Equal(kinds, want) {
			t.Errorf("the events are %v, want %v", kinds, want)
		}
	})

	t.Run("a stream goes on with what comes", func(t *testing.T) {
		ctx, cancel := context.WithCancel(as(t, "bob"))
		defer cancel()
		stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{Cursor: start.GetCursor()})
		must(t, err)
		w.send(t, "alice", c.GetId(), "trois")
		var got []string
		for len(got) < 4 {
			answer, err := stream.Recv()
			must(t, err)
			got = append(got, answer.GetEvent().GetMessage().GetContent())
			if len(answer.GetRecipients()) != 0 {
				t.Errorf("a user is told of %v", answer.GetRecipients())
			}
		}
		if want := []string{"", "un", "deux", "trois"}; !slices.Equal(got, want) {
			t.Errorf("the stream says %q, want %q", got, want)
		}
	})

	t.Run("a component is told whom events are for, as the membership is then", func(t *testing.T) {
		ctx, cancel := context.WithCancel(auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "mqtt"}))
		defer cancel()
		stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{Consumer: "mqtt", Cursor: start.GetCursor()})
		must(t, err)
		first := w.send(t, "alice", c.GetId(), "quatre")
		next := func() *chatv1.StreamEventsResponse { return receive(t, stream) }
		for next().GetEvent().GetMessage().GetId() != first.GetId() {
		}
		added, err := w.chat.AddParticipant(as(t, "alice"), &chatv1.AddParticipantRequest{ConversationId: c.GetId(), UserId: "carol"})
		must(t, err)
		w.send(t, "alice", c.GetId(), "cinq")
		_, err = w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: added.GetId()})
		must(t, err)
		w.send(t, "alice", c.GetId(), "six")
		var told []bool
		for range 4 {
			answer := next()
			told = append(told, slices.Contains(answer.GetRecipients(), "carol"))
			if answer.GetApplicationId() != app || answer.GetConversationType() != chatv1.Conversation_group || !slices.Contains(answer.GetRecipients(), "bob") {
				t.Errorf("the stream says %v", answer)
			}
		}
		if told[0] != true || told[2] != true || told[3] != false {
			t.Errorf("carol is told of added, cinq, removed, six: %v", told)
		}
	})

	t.Run("a receipt in a wide conversation is for its reader alone, and for no topic of the conversation", func(t *testing.T) {
		ctx, cancel := context.WithCancel(auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "mqtt"}))
		defer cancel()
		members := []string{"bob"}
		for i := range 60 {
			members = append(members, fmt.Sprint("m", i))
		}
		wide := w.group(t, "alice", members...)
		w.send(t, "alice", wide.GetId(), "à tous")
		stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{Consumer: "mqtt", Cursor: start.GetCursor()})
		must(t, err)
		_, err = w.chat.MarkRead(as(t, "bob"), &chatv1.MarkReadRequest{ConversationId: wide.GetId(), Seq: 1})
		must(t, err)
		answer := receive(t, stream)
		for answer.GetEvent().GetEvent() != chat.EventReceiptRead {
			answer = receive(t, stream)
		}
		if !slices.Equal(answer.GetRecipients(), []string{"bob"}) || answer.GetConversationType() != chatv1.Conversation_type_unspecified {
			t.Errorf("the stream says %v", answer)
		}
	})

	t.Run("a component may ask for one application's events, and is told how far it has come in those of others", func(t *testing.T) {
		ctx, cancel := context.WithCancel(auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "webhook"}))
		defer cancel()
		stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{ApplicationId: neighbour, Cursor: start.GetCursor()})
		must(t, err)
		elsewhere := auth.ActAs(t.Context(), auth.Principal{ApplicationID: neighbour, Kind: auth.KindUser, UserID: "zoe"})
		_, err = w.chat.CreateConversation(elsewhere, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group, Title: "voisins"})
		must(t, err)
		answer := receive(t, stream)
		if answer.GetApplicationId() != neighbour || answer.GetEvent().GetEvent() != chat.EventConversationCreated || len(answer.GetRecipients()) != 0 {
			t.Errorf("the stream says %v", answer)
		}
		w.clock.advance(time.Minute)
		w.send(t, "alice", c.GetId(), "ailleurs")
		passed := receive(t, stream)
		if passed.GetPassedCursor() == answer.GetEvent().GetCursor() { // before there was more to tell
			w.clock.advance(time.Minute)
			passed = receive(t, stream)
		}
		if passed.GetEvent() != nil || passed.GetPassedCursor() == "" || passed.GetPassedCursor() == answer.GetEvent().GetCursor() {
			t.Errorf("the stream says %v", passed)
		}
	})

	t.Run("a component may begin with the oldest event there is", func(t *testing.T) {
		ctx, cancel := context.WithCancel(auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "webhook"}))
		defer cancel()
		_, err := w.chat.AcknowledgeEvents(ctx, &chatv1.AcknowledgeEventsRequest{Consumer: "late", Cursor: chat.FormatCursor(1 << 40)})
		must(t, err)
		ask := &chatv1.StreamEventsRequest{ApplicationId: app, Consumer: "late"}
		stream, err := w.chat.StreamEvents(ctx, ask)
		must(t, err)
		_, err = stream.Recv()
		refused(t, err, codes.OutOfRange, rpcv1.ErrorReason_CURSOR_EXPIRED)
		ask.FromOldest = true
		stream, err = w.chat.StreamEvents(ctx, ask)
		must(t, err)
		if answer := receive(t, stream); answer.GetEvent().GetEvent() != chat.EventConversationCreated {
			t.Errorf("the stream says %v", answer)
		}
	})

	t.Run("a cursor that is none is refused, one that is ahead asks to start again", func(t *testing.T) {
		_, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{AfterCursor: "nonsense"})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
		answer, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{AfterCursor: chat.FormatCursor(1 << 40)})
		must(t, err)
		if answer.GetStatus() != chatv1.ListEventsResponse_resync || answer.GetCursor() == "" {
			t.Errorf("the answer is %v", answer)
		}
	})

	t.Run("only components acknowledge", func(t *testing.T) {
		_, err := w.chat.AcknowledgeEvents(as(t, "bob"), &chatv1.AcknowledgeEventsRequest{Consumer: "mqtt", Cursor: start.GetCursor()})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})
}

func receive(t *testing.T, stream grpc.ServerStreamingClient[chatv1.StreamEventsResponse]) *chatv1.StreamEventsResponse {
	t.Helper()
	answer, err := stream.Recv()
	must(t, err)
	return answer
}
