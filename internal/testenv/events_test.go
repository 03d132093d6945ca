package testenv_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// One who comes back after events are gone is told so wherever they ask, and goes on from the present.
func TestACursorFromBeforeTheEventsThatAreKept(t *testing.T) {
	c := testenv.Config(t)
	c.Events.Events = 200 * time.Millisecond
	c.Events.ConsumerTimeout = 200 * time.Millisecond
	env := testenv.Start(t, c)
	alice, bob := env.Person(t, "alice"), env.Person(t, "bob")
	conversation := pair(t, alice, bob)
	old := new(chatv1.ListEventsResponse)
	bob.Calls(http.MethodGet, "/api/chat/events", nil).Into(t, old)
	alice.Sends(conversation, "bientôt oublié")

	answer := new(chatv1.ListEventsResponse)
	for deadline := time.Now().Add(testenv.Patience); answer.GetStatus() != chatv1.ListEventsResponse_resync; {
		if time.Now().After(deadline) {
			t.Fatalf("after all that time the answer is %v", answer)
		}
		bob.Calls(http.MethodGet, "/api/chat/events?afterCursor="+old.GetCursor(), nil).Into(t, answer)
	}
	if len(answer.GetEvents()) != 0 || answer.GetCursor() == "" {
		t.Errorf("REST answers %v", answer)
	}
	if ack := bob.AsksSync(old.GetCursor()); ack.GetStatus() != chatv1.SyncAck_resync || ack.GetCursor() == "" {
		t.Errorf("MQTT answers %v", ack)
	}
	if err := streamOf(t, env, bob, old.GetCursor()).failure(); status.Code(err) != codes.OutOfRange {
		t.Errorf("gRPC answers %v", err)
	}

	alice.Sends(conversation, "nouveau")
	events, _ := bob.Syncs(answer.GetCursor())
	if !slices.ContainsFunc(events, func(e *chatv1.Event) bool { return e.GetMessage().GetContent() == "nouveau" }) {
		t.Errorf("from the present on come %v", events)
	}
	if kept := contents(history(t, bob, conversation, "")); !slices.Equal(kept, []string{"nouveau", "bientôt oublié"}) {
		t.Errorf("the history is %q", kept)
	}
}

// stream is a person's StreamEvents.
type stream struct {
	grpc.ServerStreamingClient[chatv1.StreamEventsResponse]
}

func streamOf(t *testing.T, env *testenv.Env, p *testenv.Person, cursor string) stream {
	t.Helper()
	conn, err := grpc.NewClient(env.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+p.Token))
	t.Cleanup(cancel)
	s, err := chatv1.NewChatServiceClient(conn).StreamEvents(ctx, &chatv1.StreamEventsRequest{Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	return stream{s}
}

// failure is why a stream ends that has nothing to say.
func (s stream) failure() error {
	_, err := s.Recv()
	return err
}

// Two processes on one database, each with a broker of its own: it does not matter to which a person is connected.
func TestTwoProcessesWithBrokersOfTheirOwn(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	first := testenv.Start(t, c)
	c.DataDir = t.TempDir()
	second := testenv.Start(t, c)
	alice, bob := first.Person(t, "alice"), second.Person(t, "bob")
	alsoBob := first.Person(t, "bob")
	conversation := pair(t, alice, bob)
	for i := range 10 {
		text := fmt.Sprint("message ", i)
		alice.Sends(conversation, text)
		bob.Sends(conversation, "re: "+text)
		for _, device := range []*testenv.Person{alice, bob, alsoBob} {
			for _, want := range []string{text, "re: " + text} {
				if e := device.Receives("message.created"); e.GetMessage().GetContent() != want {
					t.Errorf("%s receives %v, want %q", device.ID, e, want)
				}
			}
		}
	}
}
