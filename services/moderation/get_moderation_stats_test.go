package moderation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/moderation"
)

// say has contents judged.
func say(t *testing.T, client moderationv1.ModerationServiceClient, contents ...string) {
	t.Helper()
	for _, content := range contents {
		_, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: content})
		must(t, err)
	}
}

// stats writes the statistics of the application of the tests in a line.
func stats(t *testing.T, client moderationv1.ModerationServiceClient, days int32) string {
	t.Helper()
	answer, err := client.GetModerationStats(as(t, admin), &moderationv1.GetModerationStatsRequest{Days: days})
	must(t, err)
	var rules []string
	for _, r := range answer.GetRules() {
		rules = append(rules, fmt.Sprintf("%s %d+%d", r.GetRule(), r.GetHits(), r.GetDryRunHits()))
	}
	return strings.Join(rules, ", ")
}

func TestStatisticsCountContentsByRule(t *testing.T) {
	tried := words("tried", moderationv1.Rule_reject, "vert")
	tried.DryRun = true
	colours := of(words("red", moderationv1.Rule_mask, "rouge"), tried)
	day := atomic.Int64{}
	client := serve(t, moderation.Config{
		Store: newStore(t), Rules: map[string]*moderationv1.Rules{app: colours},
		Now: func() time.Time { return noon.AddDate(0, 0, int(day.Load())) },
	})
	say(t, client, "rouge", "rouge rouge vert", "vert", "blanc")
	if got := stats(t, client, 1); got != "red 2+0, tried 0+2" {
		t.Errorf("got %s", got)
	}
	day.Store(1)
	say(t, client, "rouge")
	if today, both := stats(t, client, 1), stats(t, client, 2); today != "red 1+0" || both != "red 3+0, tried 0+2" {
		t.Errorf("today: %s; both days: %s", today, both)
	}
	day.Store(30)
	if got := stats(t, client, 0); got != "red 1+0" {
		t.Errorf("30 days: %s", got)
	}
	t.Run("but not those that rules are tried on", func(t *testing.T) {
		_, err := client.ModerateContent(as(t, admin), &moderationv1.ModerateContentRequest{Content: "rouge", Rules: colours})
		must(t, err)
		if got := stats(t, client, 1); got != "" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("of their application alone", func(t *testing.T) {
		answer, err := client.GetModerationStats(as(t, stranger), &moderationv1.GetModerationStatsRequest{Days: 366})
		must(t, err)
		if len(answer.GetRules()) > 0 {
			t.Errorf("got %v", answer)
		}
	})
}

func TestStatisticsAreForAdminsAndServices(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{member, visitor, chat} {
		_, err := client.GetModerationStats(as(t, p), &moderationv1.GetModerationStatsRequest{})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}

// away is a Store that is out of reach now and then.
type away struct {
	moderation.Store
	isAway atomic.Bool
}

func (s *away) AddCounts(ctx context.Context, counts []moderation.RuleCount) error {
	if s.isAway.Load() {
		return errors.Join(moderation.ErrUnavailable, errors.New("dial tcp"))
	}
	return s.Store.AddCounts(ctx, counts)
}

func TestWhatCannotBeWrittenIsCountedOn(t *testing.T) {
	store := &away{Store: newStore(t)}
	client := serve(t, moderation.Config{Store: store})
	store.isAway.Store(true)
	say(t, client, "zut")
	_, err := client.GetModerationStats(as(t, admin), &moderationv1.GetModerationStatsRequest{})
	wantError(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	say(t, client, "zut")
	store.isAway.Store(false)
	if got := stats(t, client, 1); got != "bad_words 2+0" {
		t.Errorf("got %s", got)
	}
}

func TestCountsAreWrittenAtTheEnd(t *testing.T) {
	store := newStore(t)
	t.Run("a process", func(t *testing.T) { say(t, serve(t, moderation.Config{Store: store}), "zut") })
	if got := stats(t, serve(t, moderation.Config{Store: store}), 1); got != "bad_words 1+0" {
		t.Errorf("got %s", got)
	}
}
