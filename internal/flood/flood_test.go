package flood_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/internal/valkey"
)

// limiter is what both have to be.
type limiter interface {
	Take(ctx context.Context, sender string, limit flood.Limit) (flood.Slot, time.Duration)
	GiveBack(ctx context.Context, sender string, slot flood.Slot)
}

// each runs a test with both limiters, on a clock that the test moves.
func each(t *testing.T, test func(*testing.T, limiter, *clock)) {
	t.Run("in memory", func(t *testing.T) {
		c := newClock()
		test(t, flood.NewMemory(c.Now), c)
	})
	t.Run("on Valkey", func(t *testing.T) {
		c := newClock()
		test(t, flood.NewValkey(open(t, servers.Valkey(t)), c.Now), c)
	})
}

type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

// Now answers the clock's time.
func (c *clock) Now() time.Time { return c.now }

// patient is a time in which a server answers on a machine that is busy with tests.
const patient = 2 * time.Second

func open(t testing.TB, server *servers.ValkeyServer) *valkey.Server {
	t.Helper()
	s, err := valkey.Open(valkey.Config{URL: server.URL, Timeout: patient}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestTheWindowSlides(t *testing.T) {
	threeIn10s := flood.Limit{Messages: 3, Window: 10 * time.Second}
	const micro = time.Microsecond
	// at is when each slot is asked for, wait what is answered: nothing when it is taken.
	type ask struct{ at, wait time.Duration }
	for name, asks := range map[string][]ask{
		"as many as the limit pass at once": {{0, 0}, {0, 0}, {0, 0}, {0, 10 * time.Second}},
		"the wait is until the oldest of the last three slots is out": {
			{0, 0}, {2 * time.Second, 0}, {3 * time.Second, 0}, {4 * time.Second, 6 * time.Second},
		},
		"a slot counts for the whole window and not a microsecond more": {
			{0, 0}, {0, 0}, {0, 0}, {10*time.Second - micro, micro}, {10 * time.Second, 0},
		},
		"a refused one takes no slot": {
			{0, 0}, {0, 0}, {0, 0}, {9 * time.Second, time.Second}, {9 * time.Second, time.Second},
			{10 * time.Second, 0}, {10 * time.Second, 0}, {10 * time.Second, 0}, {10 * time.Second, 10 * time.Second},
		},
		"it slides, and does not begin anew every ten seconds": {
			{9 * time.Second, 0}, {9 * time.Second, 0}, {9 * time.Second, 0}, {11 * time.Second, 8 * time.Second},
			{19 * time.Second, 0},
		},
		"who was idle for long begins anew": {{0, 0}, {0, 0}, {0, 0}, {time.Hour, 0}, {time.Hour, 0}, {time.Hour, 0}},
		"a clock that was set back keeps nobody waiting": {
			{time.Hour, 0}, {time.Hour, 0}, {time.Hour, 0}, {0, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, l limiter, c *clock) {
				start := c.now
				for i, a := range asks {
					c.now = start.Add(a.at)
					if _, wait := l.Take(t.Context(), "geosector:alice", threeIn10s); wait != a.wait {
						t.Errorf("slot %d at %v: the wait is %v, want %v", i, a.at, wait, a.wait)
					}
				}
			})
		})
	}
}

func TestASlotGivenBackIsFree(t *testing.T) {
	once := flood.Limit{Messages: 1, Window: time.Minute}
	each(t, func(t *testing.T, l limiter, _ *clock) {
		slot, _ := l.Take(t.Context(), "alice", once)
		l.GiveBack(t.Context(), "alice", slot)
		l.GiveBack(t.Context(), "bob", slot)
		if _, wait := l.Take(t.Context(), "alice", once); wait != 0 {
			t.Errorf("alice waits %v", wait)
		}
	})
}

func TestSendersDoNotCountForEachOther(t *testing.T) {
	once := flood.Limit{Messages: 1, Window: time.Minute}
	each(t, func(t *testing.T, l limiter, _ *clock) {
		for _, sender := range []string{"geosector:alice", "geosector:bob", "resalice:alice"} {
			if _, wait := l.Take(t.Context(), sender, once); wait != 0 {
				t.Errorf("%s waits %v", sender, wait)
			}
		}
	})
}

// The definition, as docs/configuration.md has it: refused at t when as many as the limit lie in (t − window, t].
func TestAnySequenceIsAnsweredByTheDefinition(t *testing.T) {
	each(t, func(t *testing.T, l limiter, c *clock) {
		rapid.Check(t, func(t *rapid.T) {
			limit := flood.Limit{Messages: rapid.IntRange(1, 5).Draw(t, "messages"), Window: 4 * time.Second}
			sender := uuid.NewString()
			var taken []time.Time
			var slots []flood.Slot
			t.Repeat(map[string]func(*rapid.T){
				"time passes": func(t *rapid.T) {
					c.now = c.now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second)
				},
				"takes": func(t *rapid.T) {
					slot, wait := l.Take(context.Background(), sender, limit)
					if want := waitFor(taken, limit, c.now); wait != want {
						t.Fatalf("with %v at %v the wait is %v, want %v", taken, c.now, wait, want)
					}
					if wait == 0 {
						taken, slots = append(taken, c.now), append(slots, slot)
					}
				},
				"gives back": func(t *rapid.T) {
					if len(slots) > 0 {
						i := rapid.IntRange(0, len(slots)-1).Draw(t, "slot")
						l.GiveBack(context.Background(), sender, slots[i])
						taken, slots = slices.Delete(taken, i, i+1), slices.Delete(slots, i, i+1)
					}
				},
			})
		})
	})
}

func waitFor(taken []time.Time, limit flood.Limit, now time.Time) time.Duration {
	var within []time.Time
	for _, at := range taken {
		if at.After(now.Add(-limit.Window)) {
			within = append(within, at)
		}
	}
	if len(within) < limit.Messages {
		return 0
	}
	return within[len(within)-limit.Messages].Add(limit.Window).Sub(now)
}

func TestManyAtOnceTakeNoMoreThanThereIs(t *testing.T) {
	limit := flood.Limit{Messages: 10, Window: time.Hour}
	each(t, func(t *testing.T, l limiter, _ *clock) {
		var passed atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, wait := l.Take(t.Context(), "alice", limit); wait == 0 {
					passed.Add(1)
				}
			})
		}
		all.Wait()
		if passed.Load() != 10 {
			t.Errorf("%d passed", passed.Load())
		}
	})
}

func TestTwoProcessesCountTogetherByTheServersClock(t *testing.T) {
	server := servers.Valkey(t)
	one, other := flood.NewValkey(open(t, server), nil), flood.NewValkey(open(t, server), nil)
	limit := flood.Limit{Messages: 2, Window: time.Hour}
	one.Take(t.Context(), "alice", limit)
	other.Take(t.Context(), "alice", limit)
	for name, l := range map[string]limiter{"one": one, "the other": other} {
		if _, wait := l.Take(t.Context(), "alice", limit); wait <= time.Hour-time.Minute || wait > time.Hour {
			t.Errorf("%s answers %v", name, wait)
		}
	}
}

func TestEachCountsByItselfWhileValkeyIsAway(t *testing.T) {
	server := servers.Valkey(t)
	impatient, err := valkey.Open(valkey.Config{URL: server.URL}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = impatient.Close() })
	l := flood.NewValkey(impatient, nil)
	once := flood.Limit{Messages: 1, Window: time.Hour}
	take := func(sender string) bool {
		_, wait := l.Take(t.Context(), sender, once)
		return wait == 0
	}
	take("alice")
	for name, away := range map[string]struct{ leave, comeBack func() }{
		"killed":                {server.Kill, server.Start},
		"there without answers": {server.Pause, server.Resume},
	} {
		away.leave()
		start := time.Now()
		for i := range 100 {
			if sender := fmt.Sprint(name, i); !take(sender) || take(sender) {
				t.Errorf("%s: %s is not held to one message", name, sender)
			}
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: 200 messages took %v", name, took)
		}
		away.comeBack()
		// It is asked again once it has been left alone for a while; which sees to a slot that lasts.
		deadline := time.Now().Add(10 * time.Second)
		for seen := false; !seen; {
			sender := uuid.NewString()
			take(sender)
			_, wait := flood.NewValkey(open(t, server), nil).Take(t.Context(), sender, once)
			if seen = wait > 0; !seen && time.Now().After(deadline) {
				t.Fatalf("%s: it is back, and not asked", name)
			}
		}
	}
}

func TestIdleSendersAreForgotten(t *testing.T) {
	c := newClock()
	l := flood.NewMemory(c.Now)
	limit := flood.Limit{Messages: 5, Window: 10 * time.Second}
	for second := range 100 {
		c.now = c.now.Add(time.Second)
		for i := range 1000 {
			l.Take(t.Context(), fmt.Sprint("sender ", second, " ", i), limit)
		}
	}
	// Those of two windows, and of the one that a shard was last asked in.
	if known := l.Known(); known > 25*1000 {
		t.Errorf("%d of 100,000 senders are known", known)
	}
}
