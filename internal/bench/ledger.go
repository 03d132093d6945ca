package bench

import (
	"hash/maphash"
	"sync"
)

// ledger is what should have happened in one conversation, and what each of its receivers saw of it. A seq has no gaps, so
// whoever saw 7 owes 1 to 6: what a receiver has is one number and the gaps below it, however long the run. Ids are
// remembered for the latest messages only.
type ledger struct {
	mu sync.Mutex
	// acknowledged is the highest seq that was.
	acknowledged int64
	views        []view
	recent       recent
}

// view is what one receiver saw.
type view struct {
	last int64
	gaps []span
}

// span is the seqs from first to last.
type span struct{ first, last int64 }

// arrival is a message as it comes to a receiver. The event is empty where it comes without one, as in the history.
type arrival struct {
	seq            int64
	message, event string
}

// verdict says what an arrival is.
type verdict int

const (
	received verdict = iota
	// repeated is the same event once more, which every client has to expect: deliveries are at least once.
	repeated
	// doubled is a message that comes again as another event, or two messages in one's place.
	doubled
	// outOfOrder is a message that comes after a later one.
	outOfOrder
)

// newLedger begins after the seq that the conversation already has.
func newLedger(receivers int, seq int64) *ledger {
	l := &ledger{acknowledged: seq, views: make([]view, receivers)}
	for i := range l.views {
		l.views[i].last = seq
	}
	return l
}

// acknowledge notes the answer to a send, and says whether it is doubled.
func (l *ledger) acknowledge(seq int64, message string) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged = max(l.acknowledged, seq)
	if !l.recent.agree(arrival{seq: seq, message: message}) || !l.recent.acknowledgeOnce(seq) {
		return doubled
	}
	return received
}

// arrive notes what came to a receiver, and says what it is.
func (l *ledger) arrive(receiver int, a arrival) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := &l.views[receiver]
	known := l.recent.agree(a)
	switch {
	case a.seq > v.last:
		if a.seq > v.last+1 {
			v.gaps = append(v.gaps, span{v.last + 1, a.seq - 1})
		}
		v.last = a.seq
		l.recent.arrived(a.seq, len(l.views))
		return either(known, received)
	case v.fill(a.seq):
		l.recent.arrived(a.seq, len(l.views))
		return either(known, outOfOrder)
	default:
		return either(known, repeated)
	}
}

// everyone answers a channel that is closed when each receiver has a message that was acknowledged.
func (l *ledger) everyone(seq int64) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recent.everyone(seq, len(l.views))
}

func either(known bool, otherwise verdict) verdict {
	if !known {
		return doubled
	}
	return otherwise
}

// fill takes a seq out of the gaps; false when it is in none.
func (v *view) fill(seq int64) bool {
	for i, g := range v.gaps {
		if seq < g.first || seq > g.last {
			continue
		}
		rest := append([]span{}, v.gaps[:i]...)
		if g.first < seq {
			rest = append(rest, span{g.first, seq - 1})
		}
		if seq < g.last {
			rest = append(rest, span{seq + 1, g.last})
		}
		v.gaps = append(rest, v.gaps[i+1:]...)
		return true
	}
	return false
}

// lost counts what did not come to the receivers: what was acknowledged, and what must be there since a later one is.
func (l *ledger) lost() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lost int64
	for _, v := range l.views {
		lost += max(0, l.acknowledged-v.last)
		for _, g := range v.gaps {
			lost += g.last - g.first + 1
		}
	}
	return lost
}

// memory is how many of a conversation's latest messages are remembered: more than a broker or stream sends again.
const memory = 2048

// recent is the ids of a conversation's latest messages, by seq.
type recent struct {
	slots []remembered
	bySeq map[uint64]int64 // of messages
}

type remembered struct {
	seq            int64
	message, event uint64
	acknowledged   bool
	receivers      int           // how many have it
	all            chan struct{} // closed when all have; nil while nobody waits for that
}

var seed = maphash.MakeSeed()

// agree says whether an arrival is the message, and the event, that is known in its place, and keeps it if none is. A
// receiver may be far behind: what is too long ago to be known is taken at its word.
func (r *recent) agree(a arrival) bool {
	if r.slots == nil {
		r.slots, r.bySeq = make([]remembered, memory), map[uint64]int64{}
	}
	message, slot := maphash.String(seed, a.message), &r.slots[a.seq%memory]
	if slot.seq > a.seq {
		return true
	}
	if slot.seq < a.seq {
		if _, elsewhere := r.bySeq[message]; elsewhere {
			return false
		}
		delete(r.bySeq, slot.message)
		r.bySeq[message] = a.seq
		*slot = remembered{seq: a.seq, message: message}
	}
	if a.event == "" {
		return slot.message == message
	}
	event := maphash.String(seed, a.event)
	if slot.event == 0 {
		slot.event = event
	}
	return slot.message == message && slot.event == event
}

// acknowledgeOnce says whether this is the first answer with this seq.
func (r *recent) acknowledgeOnce(seq int64) bool {
	slot := &r.slots[seq%memory]
	if slot.seq != seq {
		return true
	}
	before := slot.acknowledged
	slot.acknowledged = true
	return !before
}

// arrived counts one more receiver who has a message.
func (r *recent) arrived(seq int64, of int) {
	slot := &r.slots[seq%memory]
	if slot.seq != seq {
		return
	}
	slot.receivers++
	if slot.receivers == of && slot.all != nil {
		close(slot.all)
	}
}

func (r *recent) everyone(seq int64, of int) <-chan struct{} {
	slot := &r.slots[seq%memory]
	if slot.all == nil {
		slot.all = make(chan struct{})
		if slot.seq != seq || slot.receivers >= of {
			close(slot.all)
		}
	}
	return slot.all
}
