package storetest

import (
	"slices"
	"testing"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// pruned takes away what is older than an age, all of it.
func pruned(t *testing.T, s moderation.Store, reviews, log time.Duration) {
	t.Helper()
	p := moderation.Pruning{Reviews: time.Now().Add(-reviews), Log: time.Now().Add(-log), Limit: 2}
	for more := true; more; {
		var err error
		more, err = s.Prune(t.Context(), p)
		must(t, err)
	}
}

// Ages: everything in a test is older than nothing, and younger than a day.
const (
	nothing = -time.Hour
	aDay    = 24 * time.Hour
)

func pruning(t *testing.T, s moderation.Store) {
	waits, unsettled := held(t, s, message(0)), held(t, s, message(1))
	var settled, withdrawn []*moderationv1.Review
	for n := range 5 {
		m := held(t, s, message(2+n))
		settled = append(settled, decided(t, s, m.GetMessageId(), []moderationv1.Verdict_Status{approved, rejected}[n%2]))
		withdrawn = append(withdrawn, held(t, s, message(10+n)))
	}
	decided(t, s, unsettled.GetMessageId(), approved)
	appeal := held(t, s, message(20))
	settled = append(settled, decided(t, s, appeal.GetMessageId(), rejected))
	must(t, s.SettleDecisions(t.Context(), decisionsOf(settled)))
	appealed(t, s, appeal.GetMessageId())
	must(t, s.ForgetReviews(t.Context(), app, ids(withdrawn)))
	must(t, s.AddCounts(t.Context(), []moderation.RuleCount{
		{ApplicationID: app, Rule: "bad_words", Day: moderation.DayOf(time.Now()) - 3, Hits: 1},
		{ApplicationID: app, Rule: "bad_words", Day: moderation.DayOf(time.Now()), Hits: 1},
	}))

	t.Run("leaves what is not old", func(t *testing.T) {
		pruned(t, s, aDay, 10*aDay)
		for _, m := range settled {
			found(t, s, m.GetMessageId())
		}
		if n := logged(t, s); n != 8 {
			t.Errorf("the log has %d entries, want 8", n)
		}
	})
	t.Run("takes reviews that are done with, and nothing that waits", func(t *testing.T) {
		pruned(t, s, nothing, 10*aDay)
		for _, m := range settled[:5] {
			_, err := s.GetReview(t.Context(), app, m.GetMessageId())
			wantError(t, err, moderation.ErrNotFound)
		}
		wantList(t, s, waiting(), waits, appeal)
		wantDecisions(t, s, unsettled)
	})
	t.Run("forgets what was withdrawn, which may be sent again", func(t *testing.T) {
		held(t, s, withdrawn[0])
	})
	t.Run("takes the log and the days that are old", func(t *testing.T) {
		pruned(t, s, aDay, aDay)
		stats, err := s.RuleStats(t.Context(), app, 0)
		must(t, err)
		if len(stats) != 1 || stats[0].GetHits() != 1 || logged(t, s) != 8 {
			t.Errorf("left are %v and %d entries of the log", stats, logged(t, s))
		}
		pruned(t, s, aDay, nothing)
		if n := logged(t, s); n != 0 {
			t.Errorf("the log still has %d entries", n)
		}
	})
}

// decisionsOf are those on reviews as they are.
func decisionsOf(reviews []*moderationv1.Review) []*moderationv1.Decision {
	var made []*moderationv1.Decision
	for _, r := range reviews {
		made = append(made, &moderationv1.Decision{MessageId: r.GetMessageId(), ReviewedAt: r.GetReviewedAt()})
	}
	return made
}

func logged(t *testing.T, s moderation.Store) int {
	t.Helper()
	entries, err := s.ListLog(t.Context(), moderation.LogQuery{ApplicationID: app, Limit: 100})
	must(t, err)
	return len(entries)
}

func pruningRules(t *testing.T, s moderation.Store) {
	for range 5 {
		_, err := s.AddRules(t.Context(), moderation.RulesChange{ApplicationID: app, Rules: &moderationv1.Rules{ModeratorEnabled: true}})
		must(t, err)
	}
	_, err := s.AddRules(t.Context(), moderation.RulesChange{ApplicationID: other, Rules: &moderationv1.Rules{}})
	must(t, err)
	named := held(t, s, message(0)) // by version 3
	kept := func() (versions []int64) {
		for version := int64(1); version <= 5; version++ {
			if _, err := s.GetRules(t.Context(), app, version); err == nil {
				versions = append(versions, version)
			}
		}
		return versions
	}
	pruned(t, s, aDay, aDay)
	if got := kept(); len(got) != 5 {
		t.Errorf("of versions that are not old, %v are kept", got)
	}
	pruned(t, s, aDay, nothing)
	if got := kept(); !slices.Equal(got, []int64{3, 5}) {
		t.Errorf("kept are %v, want the one that a review names, and the latest", got)
	}
	must(t, s.SettleDecisions(t.Context(), decisionsOf([]*moderationv1.Review{decided(t, s, named.GetMessageId(), approved)})))
	pruned(t, s, nothing, nothing)
	if got := kept(); !slices.Equal(got, []int64{5}) {
		t.Errorf("without that review, %v are kept", got)
	}
	if _, err := s.GetRules(t.Context(), other, 1); err != nil {
		t.Errorf("the only version of an application: %v", err)
	}
}

func leases(t *testing.T, s moderation.Store) {
	hold := func(owner string, ttl time.Duration, want bool) {
		t.Helper()
		got, err := s.HoldLease(t.Context(), "work", owner, ttl)
		must(t, err)
		if got != want {
			t.Errorf("%s holds it: %v", owner, got)
		}
	}
	hold("a", time.Hour, true)
	hold("b", time.Hour, false)
	hold("a", time.Hour, true)
	hold("a", 0, true)
	hold("b", time.Hour, true)
	hold("a", time.Hour, false)
}

func neverStored(t *testing.T, s moderation.Store) {
	soon, before := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	lost, again, seen := held(t, s, message(0)), held(t, s, message(1)), held(t, s, published(2))
	done := held(t, s, message(3))
	decided(t, s, done.GetMessageId(), approved)
	said := held(t, s, message(4))
	appealed(t, s, said.GetMessageId())
	list := func(before time.Time, after string, limit int) []*moderationv1.WaitingMessage {
		t.Helper()
		list, err := s.ListWaiting(t.Context(), before, after, limit)
		must(t, err)
		return list
	}
	t.Run("is listed after a time of grace, in pages", func(t *testing.T) {
		if got := list(before, "", 10); len(got) != 0 {
			t.Errorf("before it are %v", got)
		}
		all := list(soon, "", 10)
		if len(all) != 2 || all[0].GetApplicationId() != app {
			t.Fatalf("got %v, want what waits unseen", all)
		}
		if next := list(soon, all[0].GetMessageId(), 1); len(next) != 1 || next[0].GetMessageId() != all[1].GetMessageId() {
			t.Errorf("after the first comes %v", next)
		}
	})
	t.Run("is taken away, but what is put there again meanwhile", func(t *testing.T) {
		listed := list(soon, "", 10)
		must(t, s.HoldMessage(t.Context(), app, again, false))
		must(t, s.DropWaiting(t.Context(), listed))
		wantList(t, s, waiting(), again, seen, said)
		held(t, s, lost) // Its sender may send it again.
	})
	t.Run("is not what somebody decided on meanwhile", func(t *testing.T) {
		listed := list(soon, "", 10)
		decided(t, s, lost.GetMessageId(), approved)
		must(t, s.DropWaiting(t.Context(), listed))
		wantDecisions(t, s, done, found(t, s, lost.GetMessageId()))
	})
}
