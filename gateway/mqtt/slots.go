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

// MaxSlots is the largest number of slots. What is above the number configured is ended at the broker, see retire.
const MaxSlots = 8

// slot is a place for a gateway at its broker.
type slot struct {
	number   int
	clientID string
}

// slotName is the name of a slot's lease.
func slotName(n int) string { return fmt.Sprintf("gw-%d", n) }

// newSlot is a slot whose lease has a secret. It is part of the client id, because brokers end the session of whoever has a
// client id, and drop what it has not acknowledged, when anybody who may connect does so with that id. A chat service of before
// there were secrets tells none.
func newSlot(n int, secret string) slot {
	if secret == "" {
		return slot{n, slotName(n)}
	}
	return slot{n, slotName(n) + "-" + secret}
}

// wantedSlot is the name of the lease that a gateway has which would like a slot and has none.
const wantedSlot = "gw-wanted"

// slots are the places for gateways at a broker that several processes share. Each is a session of the broker and a lease:
// whoever takes the slot of a gateway that was killed is handed what that one had not acknowledged. A process takes every
// slot that nobody else does, and gives up all but one to those who have none.
type slots struct {
	config Config
	// begin works in a slot until the context ends; idle hears why this process does not: nil when another does.
	begin func(ctx context.Context, s slot)
	idle  func(slot int, why error)
	// wanted is the claim of this process to a slot, or the question whether another has one.
	wanted *lease.Lease

	mu   sync.Mutex
	held map[int]context.CancelFunc // gives the slot up
}

func newSlots(c Config, begin func(context.Context, slot), idle func(int, error)) *slots {
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
		of := s.config.lease(slotName(n))
		of.Owner, of.Shy = owner, s.shyness
		of.Idle = func(why error) { s.idle(n, why) }
		keeping.Go(func() {
			lease.New(of).Keep(ctx, func(ctx context.Context, secret string) { s.work(ctx, newSlot(n, secret)) })
		})
	}
	if s.config.Broker.Slots > 1 {
		keeping.Go(func() { s.share(ctx) })
	}
	keeping.Wait()
}

// work is one term in a slot.
func (s *slots) work(ctx context.Context, has slot) {
	n := has.number
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
	s.begin(ctx, has)
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

// retire ends the sessions of slots that there are no more, once this gateway is connected: the broker would go on giving them
// their share of the uplinks. What they have is lost to us, and repeated by its senders. (Where there is one slot it has all
// uplinks, whatever others have.) Nor are there any more that have no secret.
func (c Config) retire(ctx context.Context, connected *client) {
	if _, err := connected.session(ctx); err != nil {
		return
	}
	for n := range MaxSlots {
		if old := newSlot(n, ""); old.clientID != connected.slot.clientID {
			c.endSession(ctx, old)
		}
		if c.Broker.Slots == 1 || n < c.Broker.Slots {
			continue
		}
		switch secret, free, err := lease.New(c.lease(slotName(n))).Secret(ctx); {
		case err != nil:
			c.Logger.DebugContext(ctx, "a slot that there is no more could not be taken", "slot", slotName(n), "error", err)
		case free: // else somebody is still configured to have it
			c.endSession(ctx, newSlot(n, secret))
		}
	}
}

func (c Config) endSession(ctx context.Context, s slot) {
	if err := visit(ctx, c.Broker, s.clientID); err != nil && ctx.Err() == nil {
		c.Logger.DebugContext(ctx, "the session of a slot could not be ended", "slot", slotName(s.number), "error", err)
	}
}
