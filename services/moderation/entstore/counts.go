package entstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationcount"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// portion is how many rows a statement is about at most, so that other writers do not wait long.
const portion = 500

// AddCounts implements moderation.Store.
func (s *Store) AddCounts(ctx context.Context, counts []moderation.RuleCount) error {
	// In one order, so that two processes cannot lock each other out.
	counts = slices.SortedFunc(slices.Values(counts), func(a, b moderation.RuleCount) int {
		return cmp.Or(cmp.Compare(a.ApplicationID, b.ApplicationID), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Rule, b.Rule))
	})
	return retry("add counts", func() error {
		tx, err := s.write.Tx(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // After a commit it does nothing.
		for some := range slices.Chunk(counts, portion) {
			if err := addCounts(ctx, tx, some); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

func addCounts(ctx context.Context, tx *ent.Tx, counts []moderation.RuleCount) error {
	rows := make([]*ent.ModerationCountCreate, len(counts))
	for i, c := range counts {
		rows[i] = tx.ModerationCount.Create().
			SetID(countID(c)).
			SetApplicationID(c.ApplicationID).
			SetRule(c.Rule).
			SetDay(int64(c.Day)).
			SetHits(c.Hits).
			SetDryRunHits(c.DryRunHits)
	}
	return tx.ModerationCount.CreateBulk(rows...).
		OnConflictColumns(moderationcount.FieldApplicationID, moderationcount.FieldDay, moderationcount.FieldRule).
		Update(func(u *ent.ModerationCountUpsert) {
			for _, column := range []string{moderationcount.FieldHits, moderationcount.FieldDryRunHits} {
				u.Set(column, sql.Expr(sum(u.UpdateSet, column)))
			}
		}).
		Exec(ctx)
}

// sum adds to a column what the row has that was to be inserted.
func sum(u *sql.UpdateSet, column string) string {
	if u.Dialect() == dialect.MySQL {
		return fmt.Sprintf("%s + VALUES(`%s`)", u.Table().C(column), column)
	}
	return fmt.Sprintf(`%s + "excluded"."%s"`, u.Table().C(column), column)
}

// countID is the primary key of a count: a UUID version 8 of RFC 9562, of a SHA-256 of what tells it from others, so that
// whoever writes the row first gives it the same.
func countID(c moderation.RuleCount) uuid.UUID {
	parts := []string{c.ApplicationID, strconv.FormatInt(int64(c.Day), 10), c.Rule}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ruleSums is what was counted of a rule on several days.
type ruleSums struct {
	Rule       string `sql:"rule"`
	Hits       int64  `sql:"hits"`
	DryRunHits int64  `sql:"dry_run_hits"`
	Overturned int64  `sql:"overturned"`
}

// RuleStats implements moderation.Store.
func (s *Store) RuleStats(ctx context.Context, applicationID string, since moderation.Day) ([]*moderationv1.RuleStats, error) {
	var rows []ruleSums
	err := retry("rule stats", func() error {
		return s.read.ModerationCount.Query().
			Where(moderationcount.ApplicationID(applicationID), moderationcount.DayGTE(int64(since))).
			GroupBy(moderationcount.FieldRule).
			Aggregate(
				ent.As(ent.Sum(moderationcount.FieldHits), moderationcount.FieldHits),
				ent.As(ent.Sum(moderationcount.FieldDryRunHits), moderationcount.FieldDryRunHits),
				ent.As(ent.Sum(moderationcount.FieldOverturned), moderationcount.FieldOverturned),
			).
			Scan(ctx, &rows)
	})
	slices.SortFunc(rows, func(a, b ruleSums) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(b.DryRunHits, a.DryRunHits), cmp.Compare(a.Rule, b.Rule))
	})
	stats := make([]*moderationv1.RuleStats, len(rows))
	for i, row := range rows {
		stats[i] = &moderationv1.RuleStats{Rule: row.Rule, Hits: row.Hits, DryRunHits: row.DryRunHits, Overturned: row.Overturned}
	}
	return stats, err
}
