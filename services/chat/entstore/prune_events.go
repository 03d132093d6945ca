package entstore

import (
	"context"
	"math"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/announcementdelivery"
	"github.com/palabre/palabre/ent/event"
	"github.com/palabre/palabre/ent/eventconsumer"
	"github.com/palabre/palabre/ent/eventhead"
	"github.com/palabre/palabre/services/chat"
)

// PruneEvents implements chat.Store. The row that senders wait for is written last, for the time of the commit.
func (s *Store) PruneEvents(ctx context.Context, p chat.Pruning) (int, error) {
	pruned := 0
	err := s.change(ctx, "prune events", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		pruned = 0
		head, err := tx.EventHead.Get(ctx, headID)
		if err != nil {
			return err
		}
		upTo, err := pruneUpTo(ctx, tx, head.PrunedPosition, p)
		if err != nil || upTo == head.PrunedPosition {
			return err
		}
		gone := event.And(event.IDGT(head.PrunedPosition), event.IDLTE(upTo))
		if pruned, err = tx.Event.Delete().Where(gone).Exec(ctx); err != nil {
			return err
		}
		// Those that are under way keep their events, so none of these is.
		if _, err := tx.AnnouncementDelivery.Delete().Where(announcementdelivery.IDLTE(upTo)).Exec(ctx); err != nil {
			return err
		}
		return tx.EventHead.Update().
			Where(eventhead.ID(headID), eventhead.PrunedPositionLT(upTo)).
			SetPrunedPosition(upTo).
			Exec(ctx)
	})
	if err != nil {
		return 0, err
	}
	return pruned, nil
}

// pruneUpTo answers the last position that may go: of events that are old enough without a gap, that every consumer has
// behind it, and that no delivery to an audience needs any more.
func pruneUpTo(ctx context.Context, tx *ent.Tx, pruned int64, p chat.Pruning) (int64, error) {
	bound, err := neededAfter(ctx, tx, p)
	if err != nil || bound <= pruned {
		return pruned, err
	}
	rows, err := tx.Event.Query().
		Where(event.IDGT(pruned), event.IDLTE(bound)).
		Order(event.ByID()).
		Limit(p.Limit).
		Select(event.FieldID, event.FieldCreatedAt).
		All(ctx)
	for _, row := range rows {
		if row.CreatedAt >= p.Before.UnixMicro() {
			break
		}
		pruned = row.ID
	}
	return pruned, err
}

// neededAfter answers the position after which consumers and deliveries still need the events.
func neededAfter(ctx context.Context, tx *ent.Tx, p chat.Pruning) (int64, error) {
	bound := int64(math.MaxInt64)
	slowest, err := tx.EventConsumer.Query().
		Where(eventconsumer.UpdatedAtGTE(p.HeardSince.UnixMicro())).
		Order(eventconsumer.ByPosition()).
		First(ctx)
	switch {
	case err == nil:
		bound = slowest.Position
	case !ent.IsNotFound(err):
		return 0, err
	}
	oldest, err := tx.AnnouncementDelivery.Query().
		Where(announcementdelivery.FinishedAtIsNil()).
		Order(announcementdelivery.ByID()).
		First(ctx)
	switch {
	case err == nil:
		bound = min(bound, oldest.ID-1)
	case !ent.IsNotFound(err):
		return 0, err
	}
	return bound, nil
}
