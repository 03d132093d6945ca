package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/event"
	"github.com/palabre/palabre/ent/message"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// Reading the feed as gateways and the notifier do: every event passes here on its way out.

// allEvents answers events of an application, or of all, whoever they are for.
func (s *Store) allEvents(ctx context.Context, q chat.EventsQuery) ([]*ent.Event, error) {
	page := sql.Dialect(s.dialect).Select(event.Columns...).From(sql.Table(event.Table)).
		Where(sql.GT(event.FieldID, q.After)).OrderBy(event.FieldID).Limit(q.Limit)
	if q.UpTo > 0 {
		page.Where(sql.LTE(event.FieldID, q.UpTo))
	}
	if q.ApplicationID != "" {
		page.Where(sql.EQ(event.FieldApplicationID, q.ApplicationID))
	}
	if !q.HandedOn {
		page.Where(sql.IsNull(event.FieldOrigin))
	}
	var rows []*ent.Event
	row := ent.Event{}
	err := s.each(ctx, page, func() {
		one := row
		rows = append(rows, &one)
	}, eventFields(&row)...)
	return rows, err
}

// eventFields are where the columns of an event go, in the order of event.Columns.
func eventFields(e *ent.Event) []any {
	into := map[string]any{
		event.FieldID: &e.ID, event.FieldApplicationID: &e.ApplicationID, event.FieldConversationID: &e.ConversationID,
		event.FieldKind: &e.Kind, event.FieldRecipient: &e.Recipient, event.FieldRecipientOnly: &e.RecipientOnly,
		event.FieldOrigin: &e.Origin, event.FieldAddressees: &e.Addressees, event.FieldMessageID: &e.MessageID,
		event.FieldPayload: &e.Payload, event.FieldCreatedAt: &e.CreatedAt,
	}
	fields := make([]any, len(event.Columns))
	for i, column := range event.Columns {
		fields[i] = into[column]
	}
	return fields
}

// messagesOf reads the messages that events are about, as they are now.
func (s *Store) messagesOf(ctx context.Context, events []*ent.Event, textless bool) (map[uuid.UUID]*chatv1.Message, error) {
	messages := map[uuid.UUID]*chatv1.Message{}
	var ids []uuid.UUID
	for _, e := range events {
		if e.MessageID != nil {
			ids = append(ids, *e.MessageID)
		}
	}
	if len(ids) == 0 {
		return messages, nil
	}
	row := ent.Message{}
	columns, fields := append([]string{message.FieldConversationID}, historyColumns...), append([]any{&row.ConversationID}, historyFields(&row)...)
	if textless {
		columns = []string{message.FieldID, message.FieldConversationID, message.FieldSeq, message.FieldSenderSubject, message.FieldDeletedAt}
		fields = []any{&row.ID, &row.ConversationID, &row.Seq, &row.SenderSubject, &row.DeletedAt}
	}
	page := sql.Dialect(s.dialect).Select(columns...).From(sql.Table(message.Table))
	among(message.FieldID, ids)(page)
	err := s.each(ctx, page, func() { messages[row.ID] = messageProto(&row) }, fields...)
	return messages, err
}
