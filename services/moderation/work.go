package moderation

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// tallyEvery is how old counts get before they are written.
	tallyEvery = 5 * time.Second
	// storeTime bounds what is asked of the Store where no caller's deadline does.
	storeTime = 10 * time.Second
)

// Run follows the rules that other processes set, writes what was counted, and takes away what is old, until the context ends.
func (s *Service) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { s.followRules(ctx) })
	running.Go(func() { s.keepCounts(ctx) })
	running.Go(func() { s.keepPruning(ctx) })
	running.Wait()
	return nil
}

// keepCounts writes what was counted every few seconds, and at the end.
func (s *Service) keepCounts(ctx context.Context) {
	ticker := time.NewTicker(tallyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			s.writeCounts(context.WithoutCancel(ctx))
			return
		case <-ticker.C:
			s.writeCounts(ctx)
		}
	}
}

// writeCounts writes what was counted. What cannot be written now is with the next.
func (s *Service) writeCounts(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := s.tally.write(ctx, s.store); err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "how often rules hit could not be written, and is tried again", slog.Any("error", err))
	}
}
