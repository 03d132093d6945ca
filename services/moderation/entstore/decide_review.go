package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationreview"
	"github.com/palabre/palabre/ent/predicate"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// actionAppealed is what the log calls an appeal. A decision is called by its status.
const actionAppealed = "appealed"

// DecideReview implements moderation.Store.
func (s *Store) DecideReview(ctx context.Context, d moderation.ReviewDecision) (*moderationv1.Review, error) {
	return s.changeReview(ctx, "decide review", d.ApplicationID, d.Was, func(ctx context.Context, tx *ent.Tx, row *ent.ModerationReviewUpdate) error {
		now := s.now().UnixMicro()
		at := now
		if before := micros(d.Was.GetReviewedAt()); before != nil {
			at = max(at, *before+1)
		}
		row.SetStatus(d.Status.String()).SetDecidedAt(at).SetDecidedBy(d.By).SetNote(d.Note).SetIsUnsettled(true)
		if err := countOverturned(ctx, tx, d, now); err != nil {
			return err
		}
		return logReview(ctx, tx, logged{d.ApplicationID, d.Was, d.Status.String(), d.By, d.Note, now})
	})
}

// AppealReview implements moderation.Store.
func (s *Store) AppealReview(ctx context.Context, a moderation.ReviewAppeal) (*moderationv1.Review, error) {
	return s.changeReview(ctx, "appeal review", a.ApplicationID, a.Was, func(ctx context.Context, tx *ent.Tx, row *ent.ModerationReviewUpdate) error {
		now := s.now().UnixMicro()
		row.SetAppeal(a.Note).SetAppealedAt(now).
			SetStatus(moderationv1.Verdict_pending.String()).ClearDecidedAt().SetDecidedBy("").SetNote("").SetIsUnsettled(false)
		return logReview(ctx, tx, logged{a.ApplicationID, a.Was, actionAppealed, a.By, "", now})
	})
}

// changeReview changes a review that is still what it was, with all that do does, or nothing.
func (s *Store) changeReview(
	ctx context.Context, what, applicationID string, was *moderationv1.Review,
	do func(context.Context, *ent.Tx, *ent.ModerationReviewUpdate) error,
) (changed *moderationv1.Review, err error) {
	err = retry(what, func() error {
		tx, err := s.write.Tx(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // After a commit it does nothing.
		update := tx.ModerationReview.Update().Where(ofApplication(applicationID, was.GetMessageId()), stillIs(was))
		if err := do(ctx, tx, update); err != nil {
			return err
		}
		n, err := update.Save(ctx)
		if err == nil && n == 0 {
			err = moderation.ErrReviewChanged
		}
		if err != nil {
			return err
		}
		row, err := tx.ModerationReview.Query().Where(ofApplication(applicationID, was.GetMessageId())).Only(ctx)
		if err != nil {
			return err
		}
		if changed, err = reviewProto(row); err != nil {
			return err
		}
		return tx.Commit()
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// stillIs is that nobody has decided, appealed, edited or deleted since a review was read. So of two who decide at once, one
// comes too late without anybody having waited.
func stillIs(was *moderationv1.Review) predicate.ModerationReview {
	return moderationreview.And(
		moderationreview.Status(was.GetStatus().String()),
		moderationreview.Content(was.GetContent()),
		same(moderationreview.FieldDecidedAt, micros(was.GetReviewedAt())),
		same(moderationreview.FieldAppealedAt, micros(was.GetAppealedAt())),
	)
}

// same is that a column has a value, or none.
func same(column string, value *int64) predicate.ModerationReview {
	if value == nil {
		return predicate.ModerationReview(sql.FieldIsNull(column))
	}
	return predicate.ModerationReview(sql.FieldEQ(column, *value))
}

// settled is how many decisions a statement settles at most.
const settledAtOnce = 100

// SettleDecisions implements moderation.Store.
func (s *Store) SettleDecisions(ctx context.Context, decisions []*moderationv1.Decision) error {
	for len(decisions) > 0 {
		some := decisions[:min(settledAtOnce, len(decisions))]
		decisions = decisions[len(some):]
		if err := s.settle(ctx, theseDecisions(some)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) settle(ctx context.Context, these predicate.ModerationReview) error {
	return retry("settle decisions", func() error {
		tx, err := s.write.Tx(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // After a commit it does nothing.
		approved := moderationreview.Status(moderationv1.Verdict_approved.String())
		if err := tx.ModerationReview.Update().Where(these, approved).SetIsPublished(true).Exec(ctx); err != nil {
			return err
		}
		if err := tx.ModerationReview.Update().Where(these).SetIsUnsettled(false).Exec(ctx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

func theseDecisions(decisions []*moderationv1.Decision) predicate.ModerationReview {
	these := make([]predicate.ModerationReview, 0, len(decisions))
	for _, d := range decisions {
		if id, err := uuid.Parse(d.GetMessageId()); err == nil {
			these = append(these, moderationreview.And(moderationreview.ID(id), same(moderationreview.FieldDecidedAt, micros(d.GetReviewedAt()))))
		}
	}
	return moderationreview.Or(these...)
}
