package mqttgw

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/palabre/palabre/internal/lease"
)

// MaxSlots is the largest number of slots. What is above the number configured is ended at the broker, see client.retire.
const MaxSlots = 8

// slotName is the client id of a slot, and the name of its lease.
func slotName(n int) string { return fmt.Sprintf("gw-%d", n) }

// wantedSlot is the name of the lease that a gateway has which would like a slot and has none.
const wantedSlot = "gw-wanted"

// slots are the places for gateways at a broker that several processes share. Each is a session of the broker and a lease:
// whoever takes the slot of a gateway that was killed is handed what that one had not acknowledged. A process takes every
// slot that nobody else does, and gives up all but one to those who have none.
type slots struct {
	config Config
	// begin works in a slot until the context ends; idle hears why this process does not: nil when another does.
	begin func(ctx context.Context, slot int)
	idle  func(slot int, why error)
	// wanted is the claim of this process to a slot, or the question whether another has one.
	wanted *lease.Lease

	mu   sync.Mutex
	held map[int]context.CancelFunc // gives the slot up
}

func newSlots(c Config, begin func(context.Context, int), idle func(int, error)) *slots {
	return &slots{
		config: c, begin: begin, idle: idle, held: map[int]context.CancelFunc{},
		wanted: lease.New(c.lease(wantedSlot)),
	}
}

// lease is that of a slot, or of the claim to one.
func (c Config) lease(name string) lease.Config {
	return lease.Config{Chat: c.Chat, Component: component, Name: name, Time: c.Limits.LeaseTime, Logger: c.Logger}
}

// keep works in the slots that this process has, until the context ends.
func (s *slots) keep(ctx context.Context) {
	owner := rand.Text()
	var keeping sync.WaitGroup
	for n := range s.config.Broker.Slots {
		slot := s.config.lease(slotName(n))
		slot.Owner, slot.Shy = owner, s.shyness
		slot.Idle = func(why error) { s.idle(n, why) }
		keeping.Go(func() { lease.New(slot).Keep(ctx, func(ctx context.Context) { s.work(ctx, n) }) })
	}
	if s.config.Broker.Slots > 1 {
		keeping.Go(func() { s.share(ctx) })
	}
	keeping.Wait()
}

// work is one term in a slot.
func (s *slots) work(ctx context.Context, n int) {
	s.config.Logger.InfoContext(ctx, "this gateway has a slot at the broker now", "slot", slotName(n))
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	s.mu.Lock()
	s.held[n] = giveUp
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.held, n)
	}()
	s.begin(ctx, n)
}

// shyness is how much longer a process leaves a free slot to others that has some already.
func (s *slots) shyness() time.Duration {
	return time.Duration(s.count()) * s.config.Limits.LeaseTime
}

func (s *slots) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held)
}

// share says that this process would like a slot while it has none, and gives one up while it has several and another would
// like one. Otherwise all slots would be with one process once the others were restarted one by one.
func (s *slots) share(ctx context.Context) {
	ticker := time.NewTicker(s.wanted.Renewal())
	defer ticker.Stop()
	claims := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		switch has := s.count(); {
		case has == 0:
			claims, _ = s.wanted.Hold(ctx, s.config.Limits.LeaseTime)
		case claims:
			claims = false
			_, _ = s.wanted.Hold(ctx, 0)
		case has > 1 && s.anotherWants(ctx):
			s.giveOneUp()
		}
	}
}

// anotherWants asks by taking the claim for a moment, which fails while another has it.
func (s *slots) anotherWants(ctx context.Context) bool {
	mine, err := s.wanted.Hold(ctx, time.Millisecond)
	return err == nil && !mine
}

// giveOneUp ends the work in the last slot of those that this process has; the first has the most to hand over.
func (s *slots) giveOneUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held) > 1 {
		s.held[slices.Max(slices.Collect(maps.Keys(s.held)))]()
	}
}
