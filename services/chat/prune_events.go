package chat

import (
	"context"
	"errors"
	"time"
)

// Retention says how long events are kept. A cursor from before is told so, and whoever has it loads the state anew.
type Retention struct {
	// Events is how long after it happened an event is kept: 7 days when zero.
	Events time.Duration `yaml:"retention"`
	// ConsumerTimeout is how long events wait for a component that has not acknowledged any: 7 days when zero.
	ConsumerTimeout time.Duration `yaml:"consumer_timeout"`
}

// defaultRetention is more than a long weekend without a phone.
const defaultRetention = 7 * 24 * time.Hour

// Validate names the field that cannot be.
func (r Retention) Validate() error {
	if r.Events < 0 {
		return errors.New("retention: is negative")
	}
	if r.ConsumerTimeout < 0 {
		return errors.New("consumer_timeout: is negative")
	}
	return nil
}

func (r Retention) withDefaults() Retention {
	if r.Events == 0 {
		r.Events = defaultRetention
	}
	if r.ConsumerTimeout == 0 {
		r.ConsumerTimeout = defaultRetention
	}
	return r
}

const (
	// prunedAtOnce is how many events one transaction takes away, and betweenPortions the time that senders have between
	// two.
	prunedAtOnce    = 200
	betweenPortions = 10 * time.Millisecond
	// longestPruneWait is how long to wait, at most, before looking again for what has become old.
	longestPruneWait = time.Minute
)

// pruneEvents takes away events that are older than they are kept.
func (s *Service) pruneEvents(ctx context.Context) error {
	idle := min(s.retention.Events/10+betweenPortions, longestPruneWait)
	for {
		now := s.now()
		n, err := s.store.PruneEvents(ctx, Pruning{
			Before:     now.Add(-s.retention.Events),
			HeardSince: now.Add(-s.retention.ConsumerTimeout),
			Limit:      prunedAtOnce,
		})
		if err != nil {
			return err
		}
		wait := idle
		if n == prunedAtOnce {
			wait = betweenPortions
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}
