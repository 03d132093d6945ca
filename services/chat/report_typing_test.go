package chat_test

import (
	"log/slog"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/internal/valkey"
	"github.com/palabre/palabre/services/chat"
)

// watchesTyping answers what a gateway that watches is sent, once it misses nothing any more.
func (w *world) watchesTyping(t *testing.T) <-chan *chatv1.WatchTypingResponse {
	t.Helper()
	stream, err := w.chat.WatchTyping(gateway(t), &chatv1.WatchTypingRequest{})
	must(t, err)
	_, err = stream.Header()
	must(t, err)
	words := make(chan *chatv1.WatchTypingResponse, 100)
	go func() {
		for {
			word, err := stream.Recv()
			if err != nil {
				return
			}
			words <- word
		}
	}()
	return words
}

func (w *world) reportsTyping(t *testing.T, user string) {
	t.Helper()
	_, err := w.chat.ReportTyping(gateway(t), &chatv1.ReportTypingRequest{
		ApplicationId: app, Typing: &chatv1.Typing{ConversationId: "c-1", UserId: user, Typing: true}, Origin: "gateway-1",
	})
	must(t, err)
}

// hearsTyping waits for the next word, passing over those of nobody.
func hearsTyping(t *testing.T, words <-chan *chatv1.WatchTypingResponse, user string) {
	t.Helper()
	for {
		select {
		case word := <-words:
			if word.GetTyping().GetUserId() == "nobody" {
				continue
			}
			if word.GetApplicationId() != app || word.GetTyping().GetUserId() != user || word.GetOrigin() != "gateway-1" {
				t.Errorf("the gateway hears %v, want %s", word, user)
			}
			return
		case <-time.After(5 * time.Second):
			t.Fatalf("the gateway does not hear of %s", user)
		}
	}
}

func TestWhoTypesIsPassedOnToEveryGatewayThatWatches(t *testing.T) {
	w := newWorld(t)
	one, other := w.watchesTyping(t), w.watchesTyping(t)
	w.reportsTyping(t, "alice")
	hearsTyping(t, one, "alice")
	hearsTyping(t, other, "alice")

	t.Run("and only components report and watch", func(t *testing.T) {
		_, err := w.chat.ReportTyping(as(t, "bob"), &chatv1.ReportTypingRequest{ApplicationId: app, Typing: &chatv1.Typing{}})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		stream, err := w.chat.WatchTyping(as(t, "bob"), &chatv1.WatchTypingRequest{})
		must(t, err)
		_, err = stream.Recv()
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})
}

func TestWhoTypesIsPassedOnBetweenProcessesOnceEach(t *testing.T) {
	server := servers.Valkey(t)
	process := func() *world {
		shared, err := valkey.Open(valkey.Config{URL: server.URL, Timeout: 2 * time.Second}, slog.New(slog.DiscardHandler), nil)
		must(t, err)
		t.Cleanup(func() { _ = shared.Close() })
		w := newWorld(t, func(c *chat.Config) { c.Typing = shared.Channel("typing") })
		w.runs(t)
		return w
	}
	here, there := process(), process()
	hereHeard, thereHeard := here.watchesTyping(t), there.watchesTyping(t)
	// Until the processes listen to each other, nothing passes.
	for len(thereHeard) == 0 {
		here.reportsTyping(t, "nobody")
		<-time.After(10 * time.Millisecond)
	}
	for _, user := range []string{"alice", "bob"} {
		here.reportsTyping(t, user)
		hearsTyping(t, hereHeard, user)
		hearsTyping(t, thereHeard, user)
	}

	t.Run("and within a process while the server is away", func(t *testing.T) {
		server.Kill()
		here.reportsTyping(t, "carol")
		hearsTyping(t, hereHeard, "carol")
	})
}
