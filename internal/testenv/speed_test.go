//go:build !race

// The race detector makes everything some ten times slower: `make test` runs these without it.

package testenv_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// What the embedded default promises, with room for a busy machine: a regression is larger than that.
const (
	maxColdStart = time.Second
	maxMedian    = 15 * time.Millisecond
)

func TestSpeedColdStartIsUnderASecond(t *testing.T) {
	testenv.Binary(t)
	var took []time.Duration
	for range 3 {
		c := testenv.Config(t)
		began := time.Now()
		testenv.StartProcess(t, c)
		took = append(took, time.Since(began))
	}
	t.Logf("from exec to ready, on an empty data directory: %v", took)
	if best := slices.Min(took); best > maxColdStart {
		t.Errorf("ready after %v, want under %v", best, maxColdStart)
	}
}

func TestSpeedAMessageIsReceivedWithinMilliseconds(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	alice, bob := env.Person(t, "alice"), env.Person(t, "bob")
	c := pair(t, alice, bob)
	const rounds = 200
	var took []time.Duration
	for i := range rounds {
		began := time.Now()
		alice.Publishes("chat/user/alice/send", map[string]any{"conversationId": c, "content": "Bonjour", "clientMessageId": fmt.Sprint(i)})
		bob.Receives("message.created")
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	p50, p99 := took[rounds/2], took[rounds*99/100]
	t.Logf("publish to receive, one after the other: p50 %v, p99 %v", p50, p99)
	if p50 > maxMedian {
		t.Errorf("the median is %v, want under %v", p50, maxMedian)
	}
}

// What one process commits another streams at once, and not when it looks the next time.
func TestSpeedAnotherProcessHearsOfACommit(t *testing.T) {
	for name, tt := range map[string]struct {
		database func(testing.TB) string
		max      time.Duration
	}{
		"PostgreSQL, by notification": {servers.Postgres, 20 * time.Millisecond},
		"MariaDB, by polling":         {servers.MariaDB, 250 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			c := testenv.Config(t)
			c.Database.URL = tt.database(t)
			first := testenv.Start(t, c)
			c.DataDir = t.TempDir()
			second := testenv.Start(t, c)
			alice, bob := first.NewPerson(t, "alice"), second.NewPerson(t, "bob")
			conversation := pair(t, alice, bob)
			start := new(chatv1.ListEventsResponse)
			bob.Calls(http.MethodGet, "/api/chat/events", nil).Into(t, start)
			stream := streamOf(t, second, bob, start.GetCursor())
			s := newSender(t, first, conversation, 1000)
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+alice.Token)
			var took []time.Duration
			for i := range 100 {
				if err := s.send(ctx, fmt.Sprint(i)); err != nil {
					t.Fatal(err)
				}
				committed := time.Now()
				if _, err := stream.Recv(); err != nil {
					t.Fatal(err)
				}
				took = append(took, time.Since(committed))
			}
			slices.Sort(took)
			t.Logf("from the answer of one process to the stream of another: p50 %v, p99 %v", took[50], took[98])
			if took[50] > tt.max {
				t.Errorf("the median is %v, want under %v", took[50], tt.max)
			}
		})
	}
}
