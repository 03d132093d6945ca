package moderation

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/palabre/palabre/internal/outbox"
)

// ruleBook has the rules that are in force in each application. Whoever judges takes a set and keeps to it; another takes its
// place at once for all who come later.
type ruleBook struct {
	sets atomic.Pointer[map[string]*ruleSet]
	// mu is for those who write.
	mu sync.Mutex
	// changes is rung when other rules are in force.
	changes outbox.Doorbell
}

// inForce answers the rules of an application; one that has none is not moderated.
func (b *ruleBook) inForce(applicationID string) *ruleSet {
	if set, ok := b.all()[applicationID]; ok {
		return set
	}
	return unmoderated
}

// all are the sets in force, by application. The map is never written to.
func (b *ruleBook) all() map[string]*ruleSet {
	if sets := b.sets.Load(); sets != nil {
		return *sets
	}
	return nil
}

// put puts rules into force, unless later ones are.
func (b *ruleBook) put(applicationID string, set *ruleSet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok := b.all()[applicationID]; ok && before.version() >= set.version() {
		return
	}
	sets := maps.Clone(b.all())
	if sets == nil {
		sets = map[string]*ruleSet{}
	}
	sets[applicationID] = set
	b.sets.Store(&sets)
	b.changes.Ring()
}

// inOrder are the sets in force, in the order of the applications' ids.
func (b *ruleBook) inOrder() iter.Seq2[string, *ruleSet] {
	return func(yield func(string, *ruleSet) bool) {
		all := b.all()
		for _, id := range slices.Sorted(maps.Keys(all)) {
			if !yield(id, all[id]) {
				return
			}
		}
	}
}
