package moderation

import (
	"context"
	"sync"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// tally counts hits in memory until they are written. What was counted since the last writing is lost with the process, should
// it be killed.
type tally struct {
	mu     sync.Mutex
	counts map[ruleDay]hits
}

// ruleDay is a rule of an application on a day.
type ruleDay struct {
	applicationID, rule string
	day                 Day
}

// hits counts contents that a rule hit.
type hits struct{ live, dryRun int64 }

// count counts the reasons of a verdict: each rule once.
func (t *tally) count(applicationID string, reasons []*moderationv1.Reason, now time.Time) {
	if len(reasons) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[ruleDay]hits{}
	}
	for i, reason := range reasons {
		if isFirst(reasons, i) {
			t.add(ruleDay{applicationID, reason.GetRule(), DayOf(now)}, hitsOf(reason))
		}
	}
}

// isFirst says that no reason before is of the same rule.
func isFirst(reasons []*moderationv1.Reason, i int) bool {
	for _, before := range reasons[:i] {
		if before.GetRule() == reasons[i].GetRule() {
			return false
		}
	}
	return true
}

func hitsOf(reason *moderationv1.Reason) hits {
	if reason.GetDryRun() {
		return hits{dryRun: 1}
	}
	return hits{live: 1}
}

func (t *tally) add(to ruleDay, more hits) {
	sum := t.counts[to]
	t.counts[to] = hits{sum.live + more.live, sum.dryRun + more.dryRun}
}

// write gives what was counted to the store. What the store does not take is counted on.
func (t *tally) write(ctx context.Context, store Counts) error {
	t.mu.Lock()
	counted := t.counts
	t.counts = nil
	t.mu.Unlock()
	if len(counted) == 0 {
		return nil
	}
	counts := make([]RuleCount, 0, len(counted))
	for of, n := range counted {
		counts = append(counts, RuleCount{of.applicationID, of.rule, of.day, n.live, n.dryRun})
	}
	err := store.AddCounts(ctx, counts)
	if err != nil {
		t.takeBack(counted)
	}
	return err
}

func (t *tally) takeBack(counted map[ruleDay]hits) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = counted
		return
	}
	for of, n := range counted {
		t.add(of, n)
	}
}
