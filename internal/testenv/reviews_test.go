package testenv_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// moderator is a process that runs moderation alone, as the other processes of its deployment reach it.
type moderator struct {
	*testenv.Process
	moderationv1.ModerationServiceClient
}

const reviewPeerSecret = "test-peer-secret-0123456789-0123456789"

// startModerator starts one more process with the moderation role on a database.
func startModerator(t *testing.T, databaseURL string) moderator {
	t.Helper()
	c := testenv.Config(t)
	c.Run, c.PeerSecret, c.Database.URL = []app.Role{app.RoleModeration}, reviewPeerSecret, databaseURL
	p := testenv.StartProcess(t, c)
	conn, err := rpc.Dial(p.GRPC, rpc.DialConfig{Component: "chat", PeerSecret: []byte(reviewPeerSecret)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return moderator{p, moderationv1.NewModerationServiceClient(conn)}
}

// hold puts a message into the queue, and answers its id.
func (m moderator) hold(t *testing.T) (id string, err error) {
	t.Helper()
	id = uuid.NewString()
	ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: testenv.App, Kind: auth.KindPeer})
	_, err = m.HoldMessage(ctx, &moderationv1.HoldMessageRequest{Review: &moderationv1.Review{
		MessageId: id, ConversationId: uuid.NewString(), SenderId: "bob", Content: testenv.BadWord,
	}})
	return id, err
}

func (m moderator) holds(t *testing.T) string {
	t.Helper()
	id, err := m.hold(t)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// holdsAgain holds a message as soon as the database answers.
func (m moderator) holdsAgain(t *testing.T) string {
	t.Helper()
	for deadline := time.After(testenv.Patience); ; {
		id, err := m.hold(t)
		if err == nil {
			return id
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatal(err)
		}
	}
}

// approves is a decision of a back end's.
func (m moderator) approves(t *testing.T, id string) {
	t.Helper()
	ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: testenv.App, Kind: auth.KindService})
	_, err := m.ReviewMessage(ctx, &moderationv1.ReviewMessageRequest{MessageId: id, Status: moderationv1.Verdict_approved})
	if err != nil {
		t.Fatal(err)
	}
}

// watches follows decisions, and answers how to wait for the next.
func (m moderator) watches(t *testing.T) func() string {
	t.Helper()
	ctx, stop := context.WithCancel(auth.ActAs(context.WithoutCancel(t.Context()), auth.Principal{Kind: auth.KindPeer}))
	t.Cleanup(stop)
	stream, err := m.WatchDecisions(ctx, &moderationv1.WatchDecisionsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if header, err := stream.Header(); err != nil || header.Len() == 0 {
		t.Fatalf("%v, %v", header, err)
	}
	came := make(chan string)
	go func() {
		defer close(came)
		for {
			answer, err := stream.Recv()
			if err != nil {
				return
			}
			select {
			case came <- answer.GetReview().GetMessageId():
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() string {
		t.Helper()
		select {
		case id, ok := <-came:
			if !ok {
				t.Fatal("the stream ended")
			}
			return id
		case <-time.After(testenv.Patience):
			t.Fatal("no decision comes")
			return ""
		}
	}
}

// Whoever watches, wherever, hears of a decision, whoever made it, and hears of it again from another process when the one
// that told them is killed before it was carried out.
func TestDecisionsAreHeardOfAcrossProcesses(t *testing.T) {
	for name, newURL := range map[string]func(testing.TB) string{"PostgreSQL": servers.Postgres, "MariaDB": servers.MariaDB} {
		t.Run(name, func(t *testing.T) {
			url := newURL(t)
			a, b := startModerator(t, url), startModerator(t, url)
			atA, atB := a.watches(t), b.watches(t)
			var waits []time.Duration
			var decided []string
			for range 20 {
				id := a.holds(t)
				b.approves(t, id)
				began := time.Now()
				if got := atA(); got != id {
					t.Fatalf("a hears of %s, want %s", got, id)
				}
				waits = append(waits, time.Since(began))
				if got := atB(); got != id {
					t.Fatalf("b hears of %s, want %s", got, id)
				}
				decided = append(decided, id)
			}
			slices.Sort(waits)
			t.Logf("in another process decisions are heard of after %v (median), %v at most", waits[10], waits[19])

			a.Kill()
			again := b.watches(t)
			for _, id := range decided {
				if got := again(); got != id {
					t.Fatalf("after the kill %s is next, want %s", got, id)
				}
			}
			a.Start()
			last := b.holds(t)
			b.approves(t, last)
			if got := again(); got != last {
				t.Errorf("%s is next, want %s", got, last)
			}
		})
	}
}

// A database that goes away for a while ends nobody's stream: who calls is told to come back, and what is decided then is heard
// of.
func TestDecisionsAreHeardOfAfterTheDatabaseCrashed(t *testing.T) {
	database := servers.StartPostgres(t)
	m := startModerator(t, database.Database(t))
	next := m.watches(t)
	first := m.holds(t)
	m.approves(t, first)
	if got := next(); got != first {
		t.Fatalf("got %s, want %s", got, first)
	}

	database.Kill()
	if _, err := m.hold(t); rpcerr.Code(err) != codes.Unavailable {
		t.Errorf("without a database one is told %v", err)
	}
	database.Start()
	second := m.holdsAgain(t)
	m.approves(t, second)
	if got := next(); got != second {
		t.Errorf("got %s, want %s", got, second)
	}
}
