package entstore

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
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
	text, args := s.historyPage(conversation, q)
	err = s.eachOf(ctx, text, args, func() { list = append(list, messageProto(&row)) }, historyFields(&row)...)
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
func (s *Store) historyPage(conversation uuid.UUID, q chat.MessagesQuery) (text string, args []any) {
	text = s.texts.of(historyText{q.Ascending, q.Limit}, func() *sql.Selector { return s.historyQuery(q.Ascending, q.Limit) })
	args = []any{conversation, q.ApplicationID}
	if q.Ascending {
		return text, append(args, q.After)
	}
	return text, append(args, q.Before-int64(q.Limit), q.Before)
}

// historyText is the key of a query for a page; there are as many as pages may have sizes, twice.
type historyText struct {
	ascending bool
	limit     int
}

func (s *Store) historyQuery(ascending bool, limit int) *sql.Selector {
	page := sql.Dialect(s.dialect).Select(historyColumns...).From(sql.Table(message.Table)).
		Where(sql.And(sql.EQ(message.FieldConversationID, uuid.Nil), sql.EQ(message.FieldApplicationID, ""))).
		OrderBy(message.FieldSeq).Limit(limit)
	if ascending {
		return page.Where(sql.GT(message.FieldSeq, 0))
	}
	return page.Where(sql.And(sql.GTE(message.FieldSeq, 0), sql.LT(message.FieldSeq, 0)))
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
