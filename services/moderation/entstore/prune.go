package entstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent/moderationcount"
	"github.com/palabre/palabre/ent/moderationlogentry"
	"github.com/palabre/palabre/ent/moderationreview"
	"github.com/palabre/palabre/ent/moderationruleset"
	"github.com/palabre/palabre/ent/predicate"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// Prune implements moderation.Store. Each kind goes by statements of its own, so that nobody waits for all; rules after the reviews
// that named them.
func (s *Store) Prune(ctx context.Context, p moderation.Pruning) (more bool, err error) {
	for _, prune := range []func(context.Context, moderation.Pruning) (int, error){
		s.pruneReviews, s.pruneWithdrawn, s.pruneLog, s.pruneCounts, s.pruneRules,
	} {
		gone := 0
		if err := retry("prune", func() (err error) {
			gone, err = prune(ctx, p)
			return err
		}); err != nil {
			return false, err
		}
		more = more || gone >= p.Limit
	}
	return more, nil
}

// pruneReviews takes away reviews that were decided, and whose decision was carried out. One that an appeal or an edit has wait again
// meanwhile stays.
func (s *Store) pruneReviews(ctx context.Context, p moderation.Pruning) (int, error) {
	decided := moderationreview.And(
		moderationreview.StatusIn(moderationv1.Verdict_approved.String(), moderationv1.Verdict_rejected.String()),
		moderationreview.DecidedAtLT(p.Reviews.UnixMicro()),
		moderationreview.IsUnsettled(false),
	)
	return s.deleteReviews(ctx, decided, p.Limit)
}

// pruneWithdrawn takes away what is left of messages that were deleted while they waited. It was kept so that they do not come back.
func (s *Store) pruneWithdrawn(ctx context.Context, p moderation.Pruning) (int, error) {
	withdrawn := moderationreview.And(moderationreview.Status(statusWithdrawn), moderationreview.CreatedAtLT(p.Reviews.UnixMicro()))
	return s.deleteReviews(ctx, withdrawn, p.Limit)
}

func (s *Store) deleteReviews(ctx context.Context, which predicate.ModerationReview, limit int) (int, error) {
	ids, err := s.write.ModerationReview.Query().Where(which).Limit(limit).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	_, err = s.write.ModerationReview.Delete().Where(moderationreview.IDIn(ids...), which).Exec(ctx)
	return len(ids), err
}

func (s *Store) pruneLog(ctx context.Context, p moderation.Pruning) (int, error) {
	ids, err := s.write.ModerationLogEntry.Query().Where(moderationlogentry.CreatedAtLT(p.Log.UnixMicro())).Limit(p.Limit).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return s.write.ModerationLogEntry.Delete().Where(moderationlogentry.IDIn(ids...)).Exec(ctx)
}

func (s *Store) pruneCounts(ctx context.Context, p moderation.Pruning) (int, error) {
	ids, err := s.write.ModerationCount.Query().Where(moderationcount.DayLT(int64(moderation.DayOf(p.Log)))).Limit(p.Limit).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return s.write.ModerationCount.Delete().Where(moderationcount.IDIn(ids...)).Exec(ctx)
}

// pruneRules takes away versions that others took the place of long ago, and that no review names.
func (s *Store) pruneRules(ctx context.Context, p moderation.Pruning) (int, error) {
	latest, err := s.LatestRules(ctx)
	if err != nil {
		return 0, err
	}
	gone := 0
	for applicationID := range latest {
		ids, err := s.unusedRules(ctx, applicationID, p)
		if err == nil && len(ids) > 0 {
			_, err = s.write.ModerationRuleSet.Delete().Where(moderationruleset.IDIn(ids...)).Exec(ctx)
		}
		if err != nil {
			return gone, err
		}
		gone += len(ids)
	}
	return gone, nil
}

// unusedRules answers such versions of an application. How old one is counts from when the next was set: until then messages were
// judged by it.
func (s *Store) unusedRules(ctx context.Context, applicationID string, p moderation.Pruning) ([]uuid.UUID, error) {
	rows, err := s.write.ModerationRuleSet.Query().
		Where(moderationruleset.ApplicationID(applicationID)).
		Order(moderationruleset.ByVersion()).
		Select(moderationruleset.FieldID, moderationruleset.FieldVersion, moderationruleset.FieldCreatedAt).
		All(ctx)
	if err != nil || len(rows) < 2 || rows[1].CreatedAt >= p.Log.UnixMicro() {
		return nil, err
	}
	named, err := s.namedVersions(ctx, applicationID)
	if err != nil {
		return nil, err
	}
	var unused []uuid.UUID
	for i, row := range rows[:len(rows)-1] {
		if rows[i+1].CreatedAt < p.Log.UnixMicro() && !named[row.Version] && len(unused) < p.Limit {
			unused = append(unused, row.ID)
		}
	}
	return unused, nil
}

// namedVersions are the versions that an application's reviews name.
func (s *Store) namedVersions(ctx context.Context, applicationID string) (map[int64]bool, error) {
	var rows []struct {
		Version int64 `sql:"rules_version"`
	}
	err := s.write.ModerationReview.Query().
		Where(moderationreview.ApplicationID(applicationID)).
		GroupBy(moderationreview.FieldRulesVersion).
		Scan(ctx, &rows)
	named := make(map[int64]bool, len(rows))
	for _, row := range rows {
		named[row.Version] = true
	}
	return named, err
}
