package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/palabre/palabre/services/moderation"
)

const today moderation.Day = 20_000

func counts(t *testing.T, s moderation.Store) {
	count := func(application, rule string, day moderation.Day, hits, dryRunHits int64) moderation.RuleCount {
		return moderation.RuleCount{ApplicationID: application, Rule: rule, Day: day, Hits: hits, DryRunHits: dryRunHits}
	}
	add := func(counts ...moderation.RuleCount) { t.Helper(); must(t, s.AddCounts(t.Context(), counts)) }

	wantStats(t, s, 0, "")
	add()
	add(count(app, "bad_words", today, 3, 0), count(app, "links", today-1, 1, 7), count(other, "bad_words", today, 100, 0))
	t.Run("are answered by rule, the most frequent first", func(t *testing.T) {
		wantStats(t, s, 0, "bad_words 3+0, links 1+7")
	})
	add(count(app, "links", today-1, 4, 0), count(app, "links", today, 1, 0), count(app, "tried", today, 0, 2))
	t.Run("add up, over calls and days", func(t *testing.T) {
		wantStats(t, s, 0, "links 6+7, bad_words 3+0, tried 0+2")
	})
	t.Run("are of the days asked for", func(t *testing.T) {
		wantStats(t, s, today, "bad_words 3+0, links 1+0, tried 0+2")
		wantStats(t, s, today+1, "")
	})
	t.Run("are many at once", func(t *testing.T) {
		many := make([]moderation.RuleCount, 1201)
		for i := range many {
			many[i] = count(app, fmt.Sprintf("rule_%d", i), today+7, 1, 0)
		}
		add(many...)
		stats, err := s.RuleStats(t.Context(), app, today+7)
		must(t, err)
		if len(stats) != len(many) {
			t.Errorf("%d rules were counted, want %d", len(stats), len(many))
		}
	})
}

// countsContended has several processes add at once, in orders of their own.
func countsContended(t *testing.T, s moderation.Store) {
	const writers, rounds, ruleCount = 4, 5, 20
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for range rounds {
				all := make([]moderation.RuleCount, ruleCount)
				for i := range all {
					all[i] = moderation.RuleCount{ApplicationID: app, Rule: fmt.Sprint((i*7 + w) % ruleCount), Day: today, Hits: 1, DryRunHits: 2}
				}
				if err := s.AddCounts(t.Context(), all); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	stats, err := s.RuleStats(t.Context(), app, today)
	must(t, err)
	for _, rule := range stats {
		if rule.GetHits() != writers*rounds || rule.GetDryRunHits() != 2*writers*rounds {
			t.Errorf("got %v, want %d hits", rule, writers*rounds)
		}
	}
}

func wantStats(t *testing.T, s moderation.Store, since moderation.Day, want string) {
	t.Helper()
	stats, err := s.RuleStats(t.Context(), app, since)
	must(t, err)
	var got []string
	for _, rule := range stats {
		got = append(got, fmt.Sprintf("%s %d+%d", rule.GetRule(), rule.GetHits(), rule.GetDryRunHits()))
	}
	if strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
