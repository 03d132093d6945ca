package chat_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat"
)

// three lets people send three messages in ten seconds.
func three(c *chat.Config) {
	limit := flood.Limit{Messages: 3, Window: 10 * time.Second}
	c.FloodLimits = map[string]flood.Limit{app: limit, neighbour: limit}
}

func TestAFloodIsRefusedUntilTheWindowHasPassed(t *testing.T) {
	w := newWorld(t, three)
	here, there := w.group(t, "alice", "bob").GetId(), w.group(t, "alice", "bob").GetId()
	for _, conversation := range []string{here, there, here} {
		w.send(t, "alice", conversation, "bonjour")
		w.clock.advance(time.Second)
	}
	send := func() error {
		_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: there, Content: "encore"})
		return err
	}
	err := send()
	refused(t, err, codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT)
	if wait, told := rpcerr.RetryDelay(err); !told || wait != 7*time.Second {
		t.Errorf("alice is told to wait %v, %v", wait, told)
	}
	w.send(t, "bob", there, "moi")
	w.clock.advance(7 * time.Second)
	must(t, send())
	refused(t, send(), codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT)
}

func TestWhatTakesASlot(t *testing.T) {
	for name, tt := range map[string]struct {
		// try is done three times before three messages are sent, of which as many pass as it left slots.
		try  func(t *testing.T, w *world, conversation string)
		pass int
	}{
		"a message": {func(t *testing.T, w *world, c string) { w.send(t, "alice", c, "bonjour") }, 0},
		"one whose content is refused": {func(t *testing.T, w *world, c string) {
			_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "zut"})
			refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
		}, 0},
		"a repeat": {func(t *testing.T, w *world, c string) {
			_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "x", ClientMessageId: "1"})
			must(t, err)
		}, 2},
		"one to a conversation that is not there": {func(t *testing.T, w *world, _ string) {
			_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{
				ConversationId: "0190a3f0-7c5e-7cc3-8a3e-0123456789ab", Content: "x",
			})
			refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		}, 3},
		"a back end's in nobody's name": {func(t *testing.T, w *world, c string) {
			_, err := w.chat.SendMessage(backEnd(t), &chatv1.SendMessageRequest{ConversationId: c, Content: "maintenance"})
			must(t, err)
		}, 3},
		"a back end's in the user's name": {func(t *testing.T, w *world, c string) {
			ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindService, UserID: "alice"})
			_, err := w.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: c, Content: "x"})
			must(t, err)
		}, 0},
		"the same user's in another application": {func(t *testing.T, w *world, _ string) {
			ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: neighbour, Kind: auth.KindUser, UserID: "alice"})
			c, err := w.chat.CreateConversation(ctx, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group})
			must(t, err)
			_, err = w.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "x"})
			must(t, err)
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, three)
			c := w.group(t, "alice", "bob").GetId()
			for range 3 {
				tt.try(t, w, c)
			}
			passed := 0
			for range 3 {
				if _, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "x"}); err == nil {
					passed++
				}
			}
			if passed != tt.pass {
				t.Errorf("%d messages pass then, want %d", passed, tt.pass)
			}
		})
	}
}

func TestARepeatIsAnsweredWhenTheLimitIsReached(t *testing.T) {
	w := newWorld(t, three)
	c := w.group(t, "alice", "bob").GetId()
	send := func(id string) (*chatv1.Message, error) {
		return w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "x", ClientMessageId: id})
	}
	for i := range 3 {
		_, err := send(fmt.Sprint(i))
		must(t, err)
	}
	m, err := send("0")
	must(t, err)
	if !m.GetDuplicate() || m.GetSeq() != 1 {
		t.Errorf("the repeat is %v", m)
	}
	_, err = send("3")
	refused(t, err, codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT)
}

func TestTheMessagesOfAStreamCountAsOthersDo(t *testing.T) {
	w := newWorld(t, three)
	c := w.group(t, "alice", "bob").GetId()
	stream, err := w.chat.SendMessages(as(t, "alice"))
	must(t, err)
	var requests []*chatv1.SendMessagesRequest
	for i := range 4 {
		requests = append(requests, &chatv1.SendMessagesRequest{Message: &chatv1.SendMessageRequest{ConversationId: c, Content: fmt.Sprint(i)}})
	}
	for i, answer := range sends(t, stream, requests...) {
		err := status.ErrorProto(answer.GetError())
		if i < 3 {
			must(t, err)
		} else {
			refused(t, err, codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT)
		}
	}
}
