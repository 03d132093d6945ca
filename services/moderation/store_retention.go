package moderation

import (
	"context"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// Kept is what a Store knows of what is not kept for ever. It is of all applications.
type Kept interface {
	// Prune takes away what is old, at most so many rows of each kind, and says whether there may be more: reviews that were
	// decided and carried out, or withdrawn; the log; counts; and rules that others took the place of, but those that a review names.
	Prune(ctx context.Context, p Pruning) (more bool, err error)

	// HoldLease takes or keeps the lease of a work for an owner, for a time from now, and says whether it is theirs. A time of 0
	// gives it back.
	HoldLease(ctx context.Context, name, owner string, ttl time.Duration) (bool, error)

	// ListWaiting answers messages that were put into the queue before a time and wait there unpublished, that nobody decided on or
	// said anything to, in the order of their ids, after one; from the first when that is empty.
	ListWaiting(ctx context.Context, before time.Time, after string, limit int) ([]*moderationv1.WaitingMessage, error)

	// DropWaiting takes such messages away, but those that were put into the queue again since, or decided on.
	DropWaiting(ctx context.Context, messages []*moderationv1.WaitingMessage) error
}

// Pruning says what goes.
type Pruning struct {
	// Reviews is when those were decided at the latest, exclusive, and Log is for the rest.
	Reviews, Log time.Time
	// Limit is how many rows of a kind.
	Limit int
}
