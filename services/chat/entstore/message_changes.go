package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/messagechange"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// recordChange keeps who changed a message, in the transaction that does.
func recordChange(ctx context.Context, tx *ent.Tx, f *feed, m *ent.Message, action chatv1.MessageChange_Action, by string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return tx.MessageChange.Create().
		SetID(id).
		SetApplicationID(m.ApplicationID).
		SetMessageID(m.ID).
		SetAction(action.String()).
		SetSubject(by).
		SetCreatedAt(f.at()).
		Exec(ctx)
}

// ListMessageChanges implements chat.Store.
func (s *Store) ListMessageChanges(ctx context.Context, applicationID, messageID string, limit int) ([]*chatv1.MessageChange, error) {
	key, err := uuid.Parse(messageID)
	if err != nil {
		return nil, wrap("list message changes", err)
	}
	rows, err := s.read.MessageChange.Query().
		Where(messagechange.MessageID(key), messagechange.ApplicationID(applicationID)).
		Order(messagechange.ByID(sql.OrderDesc())).
		Limit(limit).
		All(ctx)
	if err != nil {
		return nil, wrap("list message changes", err)
	}
	list := make([]*chatv1.MessageChange, len(rows))
	for i, row := range rows {
		list[i] = messageChangeProto(row)
	}
	return list, nil
}
