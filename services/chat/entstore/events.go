package entstore

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// EventBounds implements chat.Store.
func (s *Store) EventBounds(ctx context.Context) (head, pruned int64, err error) {
	row, err := s.read.EventHead.Get(ctx, headID)
	if err != nil {
		return 0, 0, wrap("event bounds", err)
	}
	return row.Position, row.PrunedPosition, nil
}

// ListEvents implements chat.Store.
func (s *Store) ListEvents(ctx context.Context, q chat.EventsQuery) ([]chat.StoredEvent, error) {
	if !q.Recent {
		return s.listEvents(ctx, q)
	}
	memory := s.recent
	if q.Textless {
		memory = s.outlines
	}
	if events := memory.after(q.After, q.Limit); len(events) > 0 {
		s.metrics.followed.WithLabelValues("memory").Add(float64(len(events)))
		return events, nil
	}
	events, err := s.listEvents(ctx, q)
	s.metrics.followed.WithLabelValues("database").Add(float64(len(events)))
	return events, err
}

func (s *Store) listEvents(ctx context.Context, q chat.EventsQuery) ([]chat.StoredEvent, error) {
	rows, err := s.eventRows(ctx, q)
	if err == nil {
		err = s.refuseGone(ctx, q.After, rows)
	}
	if err != nil || len(rows) == 0 {
		return nil, wrap("list events", err)
	}
	messages, err := s.messagesOf(ctx, rows, q.Textless)
	if err != nil {
		return nil, wrap("list events: messages", err)
	}
	list, err := storedEvents(rows, messages)
	return list, wrap("list events", err)
}

func (s *Store) eventRows(ctx context.Context, q chat.EventsQuery) ([]*ent.Event, error) {
	if q.Subject != "" {
		return s.subjectEvents(ctx, q)
	}
	return s.allEvents(ctx, q)
}

// refuseGone refuses an answer from which pruning may have taken events. It looks after they were read: what was pruned
// by then shows, since positions move in the transaction that prunes. Without a gap behind the cursor there is no need.
func (s *Store) refuseGone(ctx context.Context, after int64, rows []*ent.Event) error {
	if len(rows) > 0 && rows[0].ID == after+1 {
		return nil
	}
	_, pruned, err := s.EventBounds(ctx)
	if err == nil && after < pruned {
		err = chat.ErrEventsGone
	}
	return err
}

// storedEvents are rows of the feed as they go out, with the messages that they are about.
func storedEvents(rows []*ent.Event, messages map[uuid.UUID]*chatv1.Message) ([]chat.StoredEvent, error) {
	list := make([]chat.StoredEvent, len(rows))
	for i, row := range rows {
		var err error
		if list[i], err = storedEvent(row, messages); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func storedEvent(row *ent.Event, messages map[uuid.UUID]*chatv1.Message) (chat.StoredEvent, error) {
	e := &chatv1.Event{}
	if err := proto.Unmarshal(row.Payload, e); err != nil {
		return chat.StoredEvent{}, err
	}
	e.Event = row.Kind
	e.ConversationId = row.ConversationID.String()
	e.At = timestamp(row.CreatedAt)
	e.Cursor = proto.String(chat.FormatCursor(row.ID))
	if row.MessageID != nil {
		if m, ok := messages[*row.MessageID]; ok {
			e.Seq = proto.Int64(m.GetSeq())
			e.Payload = &chatv1.Event_Message{Message: m}
		}
	}
	stored := chat.StoredEvent{Position: row.ID, ApplicationID: row.ApplicationID, Event: e, RecipientOnly: row.RecipientOnly}
	if row.Recipient != nil {
		stored.Recipient = *row.Recipient
	}
	identity := row.ID
	if row.Origin != nil {
		identity, stored.Origin = *row.Origin, *row.Origin
		if err := json.Unmarshal(row.Addressees, &stored.Addressees); err != nil {
			return chat.StoredEvent{}, err
		}
	}
	e.EventId = chat.EventID(identity, e.GetAt().AsTime())
	return stored, nil
}

// ConsumerPosition implements chat.Store.
func (s *Store) ConsumerPosition(ctx context.Context, consumer string) (int64, bool, error) {
	row, err := s.read.EventConsumer.Get(ctx, consumer)
	if ent.IsNotFound(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, wrap("consumer position", err)
	}
	return row.Position, true, nil
}

// AcknowledgeEvents implements chat.Store.
func (s *Store) AcknowledgeEvents(ctx context.Context, consumer string, position int64) error {
	return s.change(ctx, "acknowledge events", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		return tx.EventConsumer.Create().
			SetID(consumer).
			SetPosition(position).
			SetUpdatedAt(f.at()).
			OnConflictColumns("name").
			UpdateNewValues().
			Exec(ctx)
	})
}
