package flood

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// Memory counts in this process. Senders are spread over shards, so that they seldom wait for each other.
type Memory struct {
	now    func() time.Time
	seed   maphash.Seed
	shards [64]shard
}

// NewMemory makes a Memory; the clock is time.Now when nil.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, seed: maphash.MakeSeed()}
}

// Take takes a slot of a sender; or answers after how long one will be free.
func (m *Memory) Take(_ context.Context, sender string, limit Limit) (Slot, time.Duration) {
	s := m.shard(sender)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := micros(m.now) // within the lock, so that a sender's slots are in order
	s.turn(now, limit.Window.Microseconds())
	wait := s.of(sender).take(now, limit)
	return Slot{at: now, here: true}, time.Duration(wait) * time.Microsecond
}

// GiveBack undoes a Take.
func (m *Memory) GiveBack(_ context.Context, sender string, slot Slot) {
	s := m.shard(sender)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of(sender).giveBack(slot.at)
}

func (m *Memory) shard(sender string) *shard {
	return &m.shards[maphash.String(m.seed, sender)%uint64(len(m.shards))]
}

// shard is the senders with the same hash. Those who took a slot since the last turn are in young, those who did before it
// in old, and who has not for a whole window is forgotten with the next turn.
type shard struct {
	mu         sync.Mutex
	young, old map[string]*window
	turned     int64
	// longest is the longest window that was asked about.
	longest int64
}

// turn forgets who has been idle for long enough, now and then.
func (s *shard) turn(now, length int64) {
	s.longest = max(s.longest, length)
	switch idle := now - s.turned; {
	case idle >= 2*s.longest:
		s.young, s.old = map[string]*window{}, nil
	case idle >= s.longest:
		s.young, s.old = map[string]*window{}, s.young
	default:
		return
	}
	s.turned = now
}

// of answers a sender's window, and makes it young.
func (s *shard) of(sender string) *window {
	w := s.young[sender]
	if w != nil {
		return w
	}
	if w = s.old[sender]; w == nil {
		w = new(window)
	}
	if s.young == nil {
		s.young = map[string]*window{}
	}
	s.young[sender] = w
	return w
}

// window is the slots a sender took, the oldest first.
type window struct{ slots []int64 }

// take answers how long to wait, 0 when the slot is taken.
func (w *window) take(now int64, limit Limit) int64 {
	length := limit.Window.Microseconds()
	// A clock that was set back would keep people waiting until it is where it was.
	if n := len(w.slots); n > 0 && w.slots[n-1] > now {
		w.slots = nil
	}
	past, _ := slices.BinarySearch(w.slots, now-length+1)
	w.slots = slices.Delete(w.slots, 0, past)
	if first := len(w.slots) - limit.Messages; first >= 0 {
		return w.slots[first] + length - now
	}
	w.slots = append(w.slots, now)
	return 0
}

func (w *window) giveBack(at int64) {
	if i := slices.Index(w.slots, at); i >= 0 {
		w.slots = slices.Delete(w.slots, i, i+1)
	}
}
