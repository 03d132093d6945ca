package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent/message"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// ListPending implements chat.Store. Messages without a seq are together in the index of seqs.
func (s *Store) ListPending(ctx context.Context, applicationID, conversationID, subject string, limit int) ([]*chatv1.Message, error) {
	key, err := uuid.Parse(conversationID)
	if err != nil {
		return nil, wrap("list pending", chat.ErrNotFound)
	}
	rows, err := s.read.Message.Query().
		Where(message.ConversationID(key), message.SeqIsNil(), message.ApplicationID(applicationID), message.SenderSubject(subject),
			message.ModerationStatus(chatv1.Message_pending.String()), message.DeletedAtIsNil()).
		Order(message.ByCreatedAt(sql.OrderDesc()), message.ByID()).
		Limit(limit).
		All(ctx)
	if err != nil {
		return nil, wrap("list pending", err)
	}
	list := make([]*chatv1.Message, len(rows))
	for i, row := range rows {
		list[i] = messageProto(row)
	}
	return list, nil
}
