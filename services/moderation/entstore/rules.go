package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationruleset"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// actionRulesUpdated is what the log calls a change of rules.
const actionRulesUpdated = "rules_updated"

// AddRules implements moderation.Store. That each version is given once is the unique index's to see to: who comes second
// looks again for what is the latest.
func (s *Store) AddRules(ctx context.Context, change moderation.RulesChange) (rules *moderationv1.Rules, err error) {
	err = retry("add rules", func() error {
		tx, err := s.write.Tx(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // After a commit it does nothing.
		if rules, err = s.addRules(ctx, tx, change); err != nil {
			return err
		}
		return tx.Commit()
	})
	if err != nil {
		return nil, err
	}
	return rules, nil
}

func (s *Store) addRules(ctx context.Context, tx *ent.Tx, change moderation.RulesChange) (*moderationv1.Rules, error) {
	latest, err := latestVersion(ctx, tx.Client(), change.ApplicationID)
	if err != nil {
		return nil, err
	}
	if change.If != nil && *change.If != latest {
		return nil, moderation.ErrRulesChanged
	}
	content, err := rulesBytes(change.Rules)
	if err != nil {
		return nil, err
	}
	row, err := tx.ModerationRuleSet.Create().
		SetID(uuid.Must(uuid.NewV7())).
		SetApplicationID(change.ApplicationID).
		SetVersion(latest + 1).
		SetRules(content).
		SetCreatedBy(change.By).
		SetCreatedAt(s.now().UnixMicro()).
		Save(ctx)
	if err != nil {
		return nil, err
	}
	if err := logRules(ctx, tx, row); err != nil {
		return nil, err
	}
	return rulesProto(row)
}

// logRules writes to the application's log who set rules.
func logRules(ctx context.Context, tx *ent.Tx, set *ent.ModerationRuleSet) error {
	return tx.ModerationLogEntry.Create().
		SetID(uuid.Must(uuid.NewV7())). // The log is in their order.
		SetApplicationID(set.ApplicationID).
		SetAction(actionRulesUpdated).
		SetSubject(set.CreatedBy).
		SetRulesVersion(set.Version).
		SetCreatedAt(set.CreatedAt).
		Exec(ctx)
}

// latestVersion is the version of an application's rules in force; 0 when it has none.
func latestVersion(ctx context.Context, client *ent.Client, applicationID string) (int64, error) {
	version, err := client.ModerationRuleSet.Query().
		Where(moderationruleset.ApplicationID(applicationID)).
		Order(moderationruleset.ByVersion(sql.OrderDesc())).
		Limit(1).
		Select(moderationruleset.FieldVersion).
		Int(ctx)
	if ent.IsNotFound(err) {
		return 0, nil
	}
	return int64(version), err
}

// GetRules implements moderation.Store.
func (s *Store) GetRules(ctx context.Context, applicationID string, version int64) (rules *moderationv1.Rules, err error) {
	err = retry("get rules", func() error {
		sets := s.read.ModerationRuleSet.Query().Where(moderationruleset.ApplicationID(applicationID))
		if version != 0 {
			sets.Where(moderationruleset.Version(version))
		}
		row, err := sets.Order(moderationruleset.ByVersion(sql.OrderDesc())).First(ctx)
		if ent.IsNotFound(err) {
			return moderation.ErrNotFound
		}
		if err != nil {
			return err
		}
		rules, err = rulesProto(row)
		return err
	})
	return rules, err
}

// LatestRules implements moderation.Store. It is asked every second, and answered by the index.
func (s *Store) LatestRules(ctx context.Context) (map[string]int64, error) {
	var rows []struct {
		ApplicationID string `sql:"application_id"`
		Version       int64  `sql:"version"`
	}
	err := retry("latest rules", func() error {
		return s.read.ModerationRuleSet.Query().
			GroupBy(moderationruleset.FieldApplicationID).
			Aggregate(ent.As(ent.Max(moderationruleset.FieldVersion), moderationruleset.FieldVersion)).
			Scan(ctx, &rows)
	})
	latest := make(map[string]int64, len(rows))
	for _, row := range rows {
		latest[row.ApplicationID] = row.Version
	}
	return latest, err
}
