package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationcount"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// dayOfMicros is the length of a day, in microseconds.
const dayOfMicros = 24 * 60 * 60 * 1_000_000

// countOverturned counts an approval as a hit of the rule that was wrong; and takes that back, on the day that it was
// counted, where the approval is decided over.
func countOverturned(ctx context.Context, tx *ent.Tx, d moderation.ReviewDecision, now int64) error {
	rule := heldBy(d.Was.GetReasons())
	wasApproved := d.Was.GetStatus() == moderationv1.Verdict_approved
	switch {
	case rule == "":
		return nil
	case d.Status == moderationv1.Verdict_approved:
		return addOverturned(ctx, tx, d.ApplicationID, rule, now/dayOfMicros, 1)
	case wasApproved:
		return addOverturned(ctx, tx, d.ApplicationID, rule, *micros(d.Was.GetReviewedAt())/dayOfMicros, -1)
	default:
		return nil
	}
}

func addOverturned(ctx context.Context, tx *ent.Tx, applicationID, rule string, day, n int64) error {
	return tx.ModerationCount.Create().
		SetID(uuid.New()).
		SetApplicationID(applicationID).
		SetRule(rule).
		SetDay(day).
		SetOverturned(n).
		OnConflict(sql.ConflictColumns(moderationcount.FieldApplicationID, moderationcount.FieldDay, moderationcount.FieldRule)).
		Update(func(u *ent.ModerationCountUpsert) { u.AddOverturned(n) }).
		Exec(ctx)
}
