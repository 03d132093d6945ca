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
	row := ent.Event{}
	columns, fields := feedColumns, feedFields(&row)
	if q.Textless {
		columns, fields = columns[:textlessColumns], fields[:textlessColumns]
	}
	page := sql.Dialect(s.dialect).Select(columns...).From(sql.Table(event.Table)).
		Where(sql.GT(event.FieldID, q.After)).OrderBy(event.FieldID).Limit(q.Limit)
	if q.UpTo > 0 {
		page.Where(sql.LTE(event.FieldID, q.UpTo))
	}
	if q.ApplicationID != "" {
		page.Where(sql.EQ(event.FieldApplicationID, q.ApplicationID))
	}
	if q.Kind != "" {
		page.Where(sql.EQ(event.FieldKind, q.Kind))
	}
	if !q.HandedOn {
		page.Where(sql.IsNull(event.FieldOrigin))
	}
	var rows []*ent.Event
	err := s.each(ctx, page, func() {
		one := row
		rows = append(rows, &one)
	}, fields...)
	return rows, err
}

// feedColumns are those of events, in the order of feedFields; the first of them are all that is asked for without texts.
var feedColumns = []string{
	event.FieldID, event.FieldApplicationID, event.FieldConversationID, event.FieldKind, event.FieldMessageID,
	event.FieldPayload, event.FieldCreatedAt,
	event.FieldRecipient, event.FieldRecipientOnly, event.FieldOrigin, event.FieldAddressees,
}

const textlessColumns = 7

func feedFields(e *ent.Event) []any {
	return []any{
		&e.ID, &e.ApplicationID, &e.ConversationID, &e.Kind, &e.MessageID,
		&e.Payload, &e.CreatedAt,
		&e.Recipient, &e.RecipientOnly, &e.Origin, &e.Addressees,
	}
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
