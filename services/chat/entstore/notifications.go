package entstore

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/chatnotification"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// AddNotifications implements chat.Store. It locks nothing but its own rows.
func (s *Store) AddNotifications(ctx context.Context, applicationID string, list []*chatv1.ChatNotification) error {
	if len(list) == 0 {
		return nil
	}
	return s.change(ctx, "add notifications", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		present := make(map[string]bool, len(list))
		var rows []*ent.ChatNotificationCreate
		for _, n := range list {
			// PostgreSQL does not take a row twice in one statement.
			if present[n.GetId()] {
				continue
			}
			present[n.GetId()] = true
			row, err := newNotification(tx, applicationID, n)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return tx.ChatNotification.CreateBulk(rows...).OnConflictColumns(chatnotification.FieldID).Ignore().Exec(ctx)
	})
}

func newNotification(tx *ent.Tx, applicationID string, n *chatv1.ChatNotification) (*ent.ChatNotificationCreate, error) {
	id, err := uuid.Parse(n.GetId())
	if err != nil {
		return nil, err
	}
	conversationID, err := uuid.Parse(n.GetConversationId())
	if err != nil {
		return nil, err
	}
	row := tx.ChatNotification.Create().
		SetID(id).
		SetApplicationID(applicationID).
		SetUserID(n.GetUserId()).
		SetConversationID(conversationID).
		SetType(n.GetType().String()).
		SetStatus(unreadStatus).
		SetSentAt(micros(n.GetSentAt()))
	if messageID, err := uuid.Parse(n.GetMessageId()); err == nil {
		row.SetMessageID(messageID)
	}
	return row, nil
}

// ListNotifications implements chat.Store, in three queries whatever the page's size.
//
// SettleNotifications comes a moment after a receipt, and for reading only; so what is stored is compared with the user's
// watermarks here.
func (s *Store) ListNotifications(ctx context.Context, q chat.NotificationsQuery) ([]*chatv1.ChatNotification, error) {
	where := []predicate.ChatNotification{
		chatnotification.ApplicationID(q.ApplicationID),
		chatnotification.UserID(q.UserID),
		stillThere(q.Now, parseIDs(q.Announcements)),
	}
	if q.UnreadOnly {
		where = append(where, unreadNotification())
	}
	if before, err := uuid.Parse(q.Before); err == nil {
		where = append(where, chatnotification.IDLT(before))
	}
	rows, err := s.read.ChatNotification.Query().
		Where(where...).
		Order(chatnotification.ByID(sql.OrderDesc())).
		Limit(q.Limit).
		All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, wrap("list notifications", err)
	}
	list, err := s.withWatermarks(ctx, q, rows)
	return list, wrap("list notifications: watermarks", err)
}

// withWatermarks answers notifications with what their user has received and read since.
func (s *Store) withWatermarks(ctx context.Context, q chat.NotificationsQuery, rows []*ent.ChatNotification) ([]*chatv1.ChatNotification, error) {
	seqs, err := s.seqsOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	members, err := s.placesOf(ctx, q.UserID, rows)
	if err != nil {
		return nil, err
	}
	list := make([]*chatv1.ChatNotification, len(rows))
	for i, row := range rows {
		list[i] = notificationProto(row)
		if seq, ok := seqs[list[i].GetMessageId()]; ok {
			catchUp(list[i], seq, members[row.ConversationID], q.Now)
		}
	}
	return list, nil
}

// catchUp moves a notification on to where the user's watermarks are. When that was is not known before it is settled.
func catchUp(n *chatv1.ChatNotification, seq int64, p *ent.Participant, now time.Time) {
	switch {
	case p == nil || n.GetStatus() == chatv1.ChatNotification_read:
	case seq <= p.ReadSeq:
		n.Status, n.ReadAt = chatv1.ChatNotification_read, timestamp(now.UnixMicro())
	case seq <= p.DeliveredSeq:
		n.Status = chatv1.ChatNotification_delivered
	}
}

// seqsOf answers the seqs of the messages that notifications tell of, by message id.
func (s *Store) seqsOf(ctx context.Context, rows []*ent.ChatNotification) (map[string]int64, error) {
	var about []uuid.UUID
	for _, row := range rows {
		if row.MessageID != nil {
			about = append(about, *row.MessageID)
		}
	}
	if len(about) == 0 {
		return nil, nil
	}
	messages, err := s.read.Message.Query().
		Where(message.IDIn(about...), message.SeqNotNil()).
		Select(message.FieldID, message.FieldSeq).
		All(ctx)
	seqs := make(map[string]int64, len(messages))
	for _, m := range messages {
		seqs[m.ID.String()] = *m.Seq
	}
	return seqs, err
}

// placesOf answers a user's places in the conversations that notifications are about.
func (s *Store) placesOf(ctx context.Context, userID string, rows []*ent.ChatNotification) (map[uuid.UUID]*ent.Participant, error) {
	in := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		in[i] = row.ConversationID
	}
	members, err := s.read.Participant.Query().
		Where(participant.ConversationIDIn(in...), participant.Subject(userID)).
		All(ctx)
	places := make(map[uuid.UUID]*ent.Participant, len(members))
	for _, m := range members {
		places[m.ConversationID] = m
	}
	return places, err
}

func notificationProto(row *ent.ChatNotification) *chatv1.ChatNotification {
	return &chatv1.ChatNotification{
		Id:             row.ID.String(),
		UserId:         row.UserID,
		MessageId:      optionalID(row.MessageID),
		ConversationId: row.ConversationID.String(),
		Type:           chatv1.ChatNotification_Type(chatv1.ChatNotification_Type_value[row.Type]),
		Status:         chatv1.ChatNotification_Status(chatv1.ChatNotification_Status_value[row.Status]),
		SentAt:         timestamp(row.SentAt),
		ReadAt:         optionalTimestamp(row.ReadAt),
	}
}
