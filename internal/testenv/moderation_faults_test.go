package testenv_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// What moderators approve is published once each, without a gap, whichever process is killed while messages of others come.
func TestDecisionsSurviveKills(t *testing.T) {
	const waiting, others = 60, 120
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	env, processes := testenv.StartSplit(t, c)
	moderator := rules(t, env)
	alice, bob := env.NewPerson(t, unique("alice")), env.NewPerson(t, unique("bob"))
	conversation := pair(t, alice, bob)
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+alice.Token), time.Minute)
	defer cancel()

	s := newSender(t, env, conversation, waiting+others)
	var ids []string
	for i := range waiting {
		if err := s.send(ctx, fmt.Sprint(wordHeld, " ", i)); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, (<-s.acknowledged).GetId())
	}
	var group errgroup.Group
	group.Go(func() error {
		for i := range others {
			if err := s.send(ctx, fmt.Sprint("bonjour ", i)); err != nil {
				return err
			}
		}
		return nil
	})
	decided := new(moderationv1.ReviewMessagesResponse)
	moderator.Calls(http.MethodPut, "/api/chat/moderation/queue", map[string]any{"messageIds": ids, "status": "approved"}).Into(t, decided)
	if len(decided.GetMessages()) != waiting {
		t.Errorf("of %d messages %d were decided", waiting, len(decided.GetMessages()))
	}
	for _, role := range []app.Role{app.RoleChat, app.RoleModeration, app.RoleChat} {
		processes[role].Kill()
		processes[role].Start()
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	published := historyOf(t, bob, conversation, waiting+others)
	seen := map[string]bool{}
	for i, m := range published {
		if m.GetSeq() != int64(i+1) || seen[m.GetId()] {
			t.Errorf("message %d is %v", i+1, m)
		}
		seen[m.GetId()] = true
	}
	for _, id := range ids {
		if !seen[id] {
			t.Errorf("%s was approved, and is not published", id)
		}
	}
}

// historyOf waits until so many messages are published, and answers them, oldest first.
func historyOf(t *testing.T, p *testenv.Person, conversation string, count int) []*chatv1.Message {
	t.Helper()
	late := time.After(time.Minute)
	for {
		list := history(t, p, conversation, "?limit=200&afterSeq=0")
		if len(list) >= count {
			return slices.Clip(list)
		}
		select {
		case <-time.After(100 * time.Millisecond): // Nothing tells of it but what this is about.
		case <-late:
			t.Fatalf("%d of %d messages are published", len(list), count)
		}
	}
}
