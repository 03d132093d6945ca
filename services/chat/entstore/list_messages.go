package entstore

import (
	"context"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/chat"
)

// ListMessages implements chat.Store.
func (s *Store) ListMessages(ctx context.Context, q chat.MessagesQuery) ([]*chatv1.Message, error) {
	conversation, err := uuid.Parse(q.ConversationID)
	if err != nil {
		return nil, wrap("list messages", err)
	}
	list := make([]*chatv1.Message, 0, q.Limit)
	row := ent.Message{ConversationID: conversation}
	err = s.each(ctx, s.historyPage(conversation, q), func() { list = append(list, messageProto(&row)) }, historyFields(&row)...)
	if err != nil {
		return nil, wrap("list messages", err)
	}
	if !q.Ascending {
		slices.Reverse(list)
	}
	return list, nil
}

// historyPage reads every page upwards, in the order in which the rows were stored: downwards SQLite looks for each from
// the root of the table. Seqs have no gaps, so where a page begins is known whichever end it is asked by.
func (s *Store) historyPage(conversation uuid.UUID, q chat.MessagesQuery) *sql.Selector {
	page := sql.Dialect(s.dialect).Select(historyColumns...).From(sql.Table(message.Table)).
		Where(sql.And(sql.EQ(message.FieldConversationID, conversation), sql.EQ(message.FieldApplicationID, q.ApplicationID))).
		OrderBy(message.FieldSeq).Limit(q.Limit)
	if q.Ascending {
		return page.Where(sql.GT(message.FieldSeq, q.After))
	}
	return page.Where(sql.And(sql.GTE(message.FieldSeq, q.Before-int64(q.Limit)), sql.LT(message.FieldSeq, q.Before)))
}

// historyColumns are those that messages are made of, in the order of historyFields. The conversation is known before.
var historyColumns = []string{
	message.FieldID, message.FieldSeq, message.FieldClientMessageID, message.FieldSenderSubject, message.FieldSenderName,
	message.FieldContent, message.FieldContentType, message.FieldReplyToMessageID, message.FieldIsAnnouncement,
	message.FieldIsModerated, message.FieldModerationStatus, message.FieldCreatedAt, message.FieldDeliveredAt,
	message.FieldReadAt, message.FieldEditedAt, message.FieldDeletedAt, message.FieldAttachments,
}

// historyFields are where the columns of a row go.
func historyFields(m *ent.Message) []any {
	return []any{
		&m.ID, &m.Seq, &m.ClientMessageID, &m.SenderSubject, &m.SenderName,
		&m.Content, &m.ContentType, &m.ReplyToMessageID, &m.IsAnnouncement,
		&m.IsModerated, &m.ModerationStatus, &m.CreatedAt, &m.DeliveredAt,
		&m.ReadAt, &m.EditedAt, &m.DeletedAt, &m.Attachments,
	}
}

// each is database.EachRow outside of transactions.
func (s *Store) each(ctx context.Context, selector *sql.Selector, visit func(), into ...any) error {
	query, args := selector.Query()
	if s.dialect == dialect.SQLite {
		// Nothing there waits for anything, and a query that can be given up costs two goroutines.
		ctx = context.WithoutCancel(ctx)
	}
	return database.EachRow(ctx, s.read, query, args, visit, into...)
}
