package testenv_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// sender sends messages until each is acknowledged, as clients do: the same clientMessageId again after every failure that
// may pass.
type sender struct {
	chat         chatv1.ChatServiceClient
	conversation string
	acknowledged chan *chatv1.Message
}

func newSender(t *testing.T, env *testenv.Env, conversation string, messages int) *sender {
	t.Helper()
	conn, err := grpc.NewClient(env.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &sender{chatv1.NewChatServiceClient(conn), conversation, make(chan *chatv1.Message, messages)}
}

func (s *sender) send(ctx context.Context, content string) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		m, err := s.chat.SendMessage(attempt, &chatv1.SendMessageRequest{
			ConversationId: s.conversation, ClientMessageId: content, Content: content,
		}, grpc.WaitForReady(true))
		cancel()
		switch status.Code(err) {
		case codes.OK:
			s.acknowledged <- m
			return nil
		case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		default:
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s was never acknowledged: %w", content, err)
		}
	}
}

// storm sends messages from several senders at once while something is done to the server, and then holds the history
// and what bob syncs against what was acknowledged.
func storm(t *testing.T, env *testenv.Env, harm func()) {
	t.Helper()
	const senders, each = 8, 40
	alice, bob := env.NewPerson(t, "alice"), env.NewPerson(t, "bob")
	c := pair(t, alice, bob)
	start := new(chatv1.ListEventsResponse)
	bob.Calls(http.MethodGet, "/api/chat/events", nil).Into(t, start)

	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+alice.Token), time.Minute)
	defer cancel()
	s := newSender(t, env, c, senders*each)
	var group errgroup.Group
	for i := range senders {
		group.Go(func() error {
			for n := range each {
				if err := s.send(ctx, fmt.Sprintf("%d-%d", i, n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for len(s.acknowledged) < senders*each/4 {
		if err := ctx.Err(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // there is nothing to wait for but the load itself
	}
	harm()
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}

	stored := storedOnce(t, alice, c)
	if len(stored) != senders*each {
		t.Errorf("%d messages are stored, %d were sent", len(stored), senders*each)
	}
	close(s.acknowledged)
	for m := range s.acknowledged {
		if was := stored[m.GetContent()]; was.GetId() != m.GetId() || was.GetSeq() != m.GetSeq() {
			t.Errorf("acknowledged was %v, stored is %v", m, was)
		}
	}

	bob.Connects()
	events, _ := bob.Syncs(start.GetCursor())
	received := map[string]bool{}
	for _, e := range events {
		received[e.GetMessage().GetContent()] = true
	}
	for content := range stored {
		if !received[content] {
			t.Errorf("bob never received %s", content)
		}
	}
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	p := testenv.StartProcess(t, testenv.Config(t))
	storm(t, p.Env(), func() {
		p.Kill()
		p.Start()
	})
}

func TestEachPartMayBeKilledUnderLoad(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	env, processes := testenv.StartSplit(t, c)
	storm(t, env, func() {
		for _, p := range processes {
			p.Kill()
			p.Start()
		}
		env.AwaitReady(t)
	})
}
