package entstore

import (
	"context"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationreview"
	"github.com/palabre/palabre/ent/predicate"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// waitsUnseen is that a message waits, that the others have not seen, and that nobody decided on or said anything to.
func waitsUnseen() predicate.ModerationReview {
	return moderationreview.And(
		moderationreview.Status(moderationv1.Verdict_pending.String()),
		moderationreview.IsPublished(false),
		moderationreview.DecidedAtIsNil(),
		moderationreview.AppealedAtIsNil(),
	)
}

// ListWaiting implements moderation.Store.
func (s *Store) ListWaiting(ctx context.Context, before time.Time, after string, limit int) (list []*moderationv1.WaitingMessage, err error) {
	from, _ := uuid.Parse(after) // Nothing is before the first.
	var rows []*ent.ModerationReview
	err = retry("list waiting", func() (err error) {
		rows, err = s.read.ModerationReview.Query().
			Where(
				waitsUnseen(), moderationreview.IDGT(from),
				moderationreview.HeldAtLT(before.UnixMicro()), moderationreview.CreatedAtLT(before.UnixMicro()),
			).
			Order(moderationreview.ByID()).
			Limit(limit).
			Select(moderationreview.FieldID, moderationreview.FieldApplicationID, moderationreview.FieldHeldAt).
			All(ctx)
		return err
	})
	for _, row := range rows {
		list = append(list, &moderationv1.WaitingMessage{
			ApplicationId: row.ApplicationID, MessageId: row.ID.String(), HeldAt: timestamppb.New(time.UnixMicro(row.HeldAt)),
		})
	}
	return list, err
}

// DropWaiting implements moderation.Store. The row goes, and not only its text: its sender may send the same message again.
func (s *Store) DropWaiting(ctx context.Context, messages []*moderationv1.WaitingMessage) error {
	for _, m := range messages {
		err := retry("drop waiting", func() error {
			_, err := s.write.ModerationReview.Delete().
				Where(
					ofApplication(m.GetApplicationId(), m.GetMessageId()), waitsUnseen(),
					moderationreview.HeldAt(m.GetHeldAt().AsTime().UnixMicro()),
				).
				Exec(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
