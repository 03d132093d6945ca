package chat

import (
	"context"
	"sync"
	"time"
)

// work is what the service does in the background, besides answering calls. It goes on until its context ends, and can be
// broken off at any point: what it has done is in the Store, and it begins again from there.
type work struct {
	name string
	run  func(ctx context.Context) error
}

// A process that does a work says so this often, and another takes it over when it has not for so long.
const (
	leaseRenewal = 2 * time.Second
	leaseTime    = 8 * time.Second
)

// Run does the service's work in the background until the context ends. Of several processes, one does each
// work; but for telling of presence and of typing, and following the moderation rules, which each does for its own callers.
func (s *Service) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, w := range s.works() {
		running.Go(func() { s.keepAt(ctx, w) })
	}
	running.Go(func() { s.tellPresence(ctx) })
	running.Go(func() { s.typing.listen(ctx) })
	running.Go(func() { s.followRules(ctx) })
	running.Wait()
	return nil
}

// works are all that there is to do.
func (s *Service) works() []work {
	return []work{
		{"announcements", s.deliverAnnouncements},
		{"notifications", s.notifyAbsent},
		{"retention", s.pruneEvents},
		{"decisions", s.carryOutDecisions},
		{"forgetting", s.forgetDeleted},
		{"reviews", s.reconcileReviews},
		{"attachments", s.removeAttachments},
	}
}

// keepAt does a work whenever this process has the lease for it.
func (s *Service) keepAt(ctx context.Context, w work) {
	owner := newID()
	ticker := time.NewTicker(leaseRenewal)
	defer ticker.Stop()
	for {
		if s.holds(ctx, w.name, owner) {
			s.whileHeld(ctx, w, owner, ticker.C)
		}
		select {
		case <-ctx.Done():
			// Given back, so that another goes on at once.
			_, _ = s.store.HoldLease(context.WithoutCancel(ctx), w.name, owner, 0)
			return
		case <-ticker.C:
		}
	}
}

// whileHeld does a work until it ends or the lease is lost.
func (s *Service) whileHeld(ctx context.Context, w work, owner string, renew <-chan time.Time) {
	working, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.run(working) }()
	for {
		select {
		case err := <-ended:
			if err != nil && ctx.Err() == nil {
				s.logger.WarnContext(ctx, "work in the background failed and is tried again", "work", w.name, "error", err)
			}
			return
		case <-renew:
			if ctx.Err() == nil && !s.holds(ctx, w.name, owner) {
				stop()
			}
		}
	}
}

// holds takes the lease of a work, or holds it on.
func (s *Service) holds(ctx context.Context, name, owner string) bool {
	held, err := s.store.HoldLease(ctx, name, owner, leaseTime)
	if err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "a lease could not be held", "work", name, "error", err)
	}
	return held
}
