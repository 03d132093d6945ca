package moderation

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// Retention says how long what was decided, and what was done, is kept. What waits for a moderator, and the rules in force, are
// always.
type Retention struct {
	// Reviews is how long a message that was decided on stays in the queue with its text, and what its sender said to it: 90 days
	// when zero.
	Reviews time.Duration `yaml:"retention"`
	// Log is how long the log, the statistics, and rules that others took the place of are kept: 400 days when zero. Rules that a
	// kept review names stay as long as that.
	Log time.Duration `yaml:"log_retention"`
}

const (
	// defaultReviewRetention leaves a quarter to appeal, and to look at what a rule did.
	defaultReviewRetention = 90 * 24 * time.Hour
	// defaultLogRetention is more than the year that statistics are asked for.
	defaultLogRetention = 400 * 24 * time.Hour
)

// Validate names the field that cannot be.
func (r Retention) Validate() error {
	if r.Reviews < 0 {
		return errors.New("retention: is negative")
	}
	if r.Log < 0 {
		return errors.New("log_retention: is negative")
	}
	return nil
}

func (r Retention) withDefaults() Retention {
	if r.Reviews == 0 {
		r.Reviews = defaultReviewRetention
	}
	if r.Log == 0 {
		r.Log = defaultLogRetention
	}
	return r
}

const (
	// pruneLease is what the processes know this work by.
	pruneLease = "moderation/retention"
	// prunedAtOnce is how many rows of each kind one round takes away, and betweenPortions the time that others have between two.
	prunedAtOnce    = 200
	betweenPortions = 10 * time.Millisecond
	// longestPruneWait is how long to wait, at most, before looking again for what has become old.
	longestPruneWait = 10 * time.Minute
)

// keepPruning takes away what is older than it is kept, in one process at a time. Should two do it, nothing is lost by it.
func (s *Service) keepPruning(ctx context.Context) {
	owner := uuid.NewString()
	idle := min(min(s.retention.Reviews, s.retention.Log)/10+betweenPortions, longestPruneWait)
	for {
		if held, err := s.store.HoldLease(ctx, pruneLease, owner, 2*idle); err != nil || held {
			s.prune(ctx, err)
		}
		select {
		case <-ctx.Done():
			// Given back, so that another goes on at once.
			_, _ = s.store.HoldLease(context.WithoutCancel(ctx), pruneLease, owner, 0)
			return
		case <-time.After(idle):
		}
	}
}

// prune takes away what is old now, portion by portion.
func (s *Service) prune(ctx context.Context, err error) {
	more := err == nil
	for more {
		now := s.now()
		more, err = s.store.Prune(ctx, Pruning{Reviews: now.Add(-s.retention.Reviews), Log: now.Add(-s.retention.Log), Limit: prunedAtOnce})
		select {
		case <-ctx.Done():
			return
		case <-time.After(betweenPortions):
		}
	}
	if err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "what is old could not be taken away, and is tried again", slog.Any("error", err))
	}
}
