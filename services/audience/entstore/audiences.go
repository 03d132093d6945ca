package entstore

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	entaudience "github.com/palabre/palabre/ent/audience"
	"github.com/palabre/palabre/ent/audiencereceipt"
	"github.com/palabre/palabre/ent/audiencetarget"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// CreateAudience implements audience.Store.
func (s *Store) CreateAudience(ctx context.Context, applicationID string, a *audiencev1.Audience) (stored *audiencev1.Audience, err error) {
	id, err := uuid.Parse(a.GetConversationId())
	if err != nil {
		return nil, fmt.Errorf("create audience: %w", err)
	}
	err = retry("create audience", func() (err error) {
		// On the writer, which sees what another call has just kept.
		if stored, err = find(ctx, s.write, applicationID, id); !ent.IsNotFound(err) {
			return err
		}
		if stored, err = s.insertAudience(ctx, applicationID, id, a); !ent.IsConstraintError(err) {
			return err
		}
		// Another call was faster; or it is another application's, and stays unseen.
		if stored, err = find(ctx, s.write, applicationID, id); ent.IsNotFound(err) {
			return audience.ErrNotFound
		}
		return err
	})
	return stored, err
}

func (s *Store) insertAudience(ctx context.Context, applicationID string, id uuid.UUID, a *audiencev1.Audience) (*audiencev1.Audience, error) {
	tx, err := s.write.Tx(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // of no effect once committed
	now := s.now().UnixMicro()
	row, err := tx.Audience.Create().
		SetID(id).
		SetApplicationID(applicationID).
		SetAuthorID(a.GetAuthorId()).
		SetEveryone(a.GetEveryone()).
		SetCreatedAt(now).
		Save(ctx)
	if err != nil {
		return nil, err
	}
	targets := make([]*ent.AudienceTargetCreate, len(a.GetTargets()))
	for i, t := range a.GetTargets() {
		targets[i] = tx.AudienceTarget.Create().
			SetID(uuid.Must(uuid.NewV7())). // In their order.
			SetApplicationID(applicationID).
			SetConversationID(id).
			SetTargetType(t.GetTargetType().String()).
			SetTargetID(t.GetTargetId()).
			SetRoleFilter(t.GetRoleFilter()).
			SetEntityFilter(t.GetEntityFilter()).
			SetCreatedAt(now)
	}
	rows, err := tx.AudienceTarget.CreateBulk(targets...).Save(ctx)
	if err != nil {
		return nil, err
	}
	return audienceProto(row, rows), tx.Commit()
}

// GetAudience implements audience.Store.
func (s *Store) GetAudience(ctx context.Context, applicationID, conversationID string) (found *audiencev1.Audience, err error) {
	id, err := uuid.Parse(conversationID)
	if err != nil {
		return nil, fmt.Errorf("get audience: %w", audience.ErrNotFound)
	}
	err = retry("get audience", func() (err error) {
		if found, err = find(ctx, s.read, applicationID, id); ent.IsNotFound(err) {
			return audience.ErrNotFound
		}
		return err
	})
	return found, err
}

func find(ctx context.Context, client *ent.Client, applicationID string, id uuid.UUID) (*audiencev1.Audience, error) {
	row, err := client.Audience.Query().Where(entaudience.ID(id), entaudience.ApplicationID(applicationID)).Only(ctx)
	if err != nil {
		return nil, err
	}
	targets, err := client.AudienceTarget.Query().
		Where(audiencetarget.ConversationID(id), audiencetarget.ApplicationID(applicationID)).
		Order(audiencetarget.ByID()).
		All(ctx)
	if err != nil {
		return nil, err
	}
	return audienceProto(row, targets), nil
}

// DeleteAudience implements audience.Store. Without targets nobody is in the audience any more, so that no receipt comes
// after those that are deleted; the announcement's own row is the last, so that the same again finds what is left.
func (s *Store) DeleteAudience(ctx context.Context, applicationID, conversationID string) error {
	id, err := uuid.Parse(conversationID)
	if err != nil {
		return nil //nolint:nilerr // there is none of that id
	}
	err = retry("delete audience", func() error {
		_, err := s.write.AudienceTarget.Delete().
			Where(audiencetarget.ConversationID(id), audiencetarget.ApplicationID(applicationID)).
			Exec(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.deleteReceipts(ctx, applicationID, id); err != nil {
		return err
	}
	return retry("delete audience", func() error {
		_, err := s.write.Audience.Delete().Where(entaudience.ID(id), entaudience.ApplicationID(applicationID)).Exec(ctx)
		return err
	})
}

func (s *Store) deleteReceipts(ctx context.Context, applicationID string, conversationID uuid.UUID) error {
	for left := true; left; {
		err := retry("delete receipts", func() error {
			ids, err := s.write.AudienceReceipt.Query().
				Where(audiencereceipt.ConversationID(conversationID), audiencereceipt.ApplicationID(applicationID)).
				Limit(portion).
				IDs(ctx)
			if err != nil {
				return err
			}
			left = len(ids) == portion
			_, err = s.write.AudienceReceipt.Delete().Where(audiencereceipt.IDIn(ids...)).Exec(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
