package entstore

import (
	"sync"

	"github.com/google/uuid"
)

// maxNarrow is how many conversations are remembered: a few hundred kilobytes.
const maxNarrow = 1 << 14

// narrow remembers conversations that were neither wide nor announcements when this process last wrote to them. A batch reads
// the members of those together with their rows, which saves a trip to the database. It is a guess at what will be wanted and
// decides nothing: one that has become wide since has no more members' rows to read in vain than it was narrow with.
type narrow struct {
	mu  sync.Mutex
	ids map[uuid.UUID]struct{}
}

func (n *narrow) add(id uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ids == nil || len(n.ids) >= maxNarrow {
		n.ids = map[uuid.UUID]struct{}{}
	}
	n.ids[id] = struct{}{}
}

func (n *narrow) drop(id uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.ids, id)
}

// among answers those of some conversations that it remembers.
func (n *narrow) among(ids []uuid.UUID) []uuid.UUID {
	n.mu.Lock()
	defer n.mu.Unlock()
	some := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if _, ok := n.ids[id]; ok {
			some = append(some, id)
		}
	}
	return some
}
