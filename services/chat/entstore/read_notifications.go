package entstore

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/chatnotification"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// The statuses that are stored. What was delivered is what a watermark says, so that the unread ones are those of one
// status, in the order of an index.
var (
	unreadStatus = chatv1.ChatNotification_sent.String()
	readStatus   = chatv1.ChatNotification_read.String()
)

// MarkNotificationsRead implements chat.Store.
func (s *Store) MarkNotificationsRead(ctx context.Context, applicationID, userID string, ids []string) (int, error) {
	marked := 0
	err := s.change(ctx, "mark notifications read", func(ctx context.Context, tx *ent.Tx, f *feed) (err error) {
		where := []predicate.ChatNotification{
			chatnotification.ApplicationID(applicationID),
			chatnotification.UserID(userID),
			unreadNotification(),
			stillThere(f.now, nil),
		}
		if len(ids) > 0 {
			where = append(where, chatnotification.IDIn(parseIDs(ids)...))
		}
		marked, err = tx.ChatNotification.Update().Where(where...).SetStatus(readStatus).SetReadAt(f.at()).Save(ctx)
		return err
	})
	return marked, err
}

// SettleNotifications implements chat.Store. Most receipts are of people who were there and have no notifications: for
// them it only reads.
func (s *Store) SettleNotifications(ctx context.Context, applicationID string, receipts []chat.ReadReceipt) error {
	open, err := s.openNotifications(ctx, applicationID, receipts)
	if err != nil || len(open) == 0 {
		return wrap("settle notifications", err)
	}
	return s.change(ctx, "settle notifications", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		for _, r := range receipts {
			id, err := uuid.Parse(r.ConversationID)
			if err != nil {
				return err
			}
			if !open[openNotification{id, r.UserID}] {
				continue
			}
			err = tx.ChatNotification.Update().
				Where(chatnotification.ApplicationID(applicationID), chatnotification.UserID(r.UserID),
					chatnotification.Status(unreadStatus), chatnotification.ConversationID(id), aboutSeqUpTo(r.Seq)).
				SetStatus(readStatus).
				SetReadAt(r.At.UnixMicro()).
				Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// openNotification is a user's having unread notifications of messages of a conversation.
type openNotification struct {
	ConversationID uuid.UUID `json:"conversation_id"`
	UserID         string    `json:"user_id"`
}

// openNotifications answers who of receipts has notifications that they might settle.
func (s *Store) openNotifications(ctx context.Context, applicationID string, receipts []chat.ReadReceipt) (map[openNotification]bool, error) {
	if len(receipts) == 0 {
		return nil, nil
	}
	var users, conversations []string
	for _, r := range receipts {
		users = append(users, r.UserID)
		conversations = append(conversations, r.ConversationID)
	}
	var found []openNotification
	err := s.read.ChatNotification.Query().
		Where(chatnotification.ApplicationID(applicationID), chatnotification.UserIDIn(users...),
			chatnotification.Status(unreadStatus), chatnotification.ConversationIDIn(parseIDs(conversations)...),
			chatnotification.MessageIDNotNil()).
		Unique(true).
		Select(chatnotification.FieldConversationID, chatnotification.FieldUserID).
		Scan(ctx, &found)
	open := make(map[openNotification]bool, len(found))
	for _, o := range found {
		open[o] = true
	}
	return open, err
}

// aboutSeqUpTo holds for notifications of messages up to a seq.
func aboutSeqUpTo(seq int64) predicate.ChatNotification {
	return func(n *sql.Selector) {
		m := sql.Table(message.Table).As("m")
		n.Where(sql.Exists(sql.Select(m.C(message.FieldID)).From(m).Where(sql.And(
			sql.ColumnsEQ(m.C(message.FieldID), n.C(chatnotification.FieldMessageID)),
			sql.LTE(m.C(message.FieldSeq), seq),
		))))
	}
}

// unreadNotification holds for notifications that nobody marked, and whose message the user has not read.
func unreadNotification() predicate.ChatNotification {
	return chatnotification.And(chatnotification.Status(unreadStatus), func(n *sql.Selector) {
		p, m := sql.Table(participant.Table).As("p"), sql.Table(message.Table).As("m")
		n.Where(sql.NotExists(
			sql.Select(p.C(participant.FieldID)).From(p).
				Join(m).On(m.C(message.FieldConversationID), p.C(participant.FieldConversationID)).
				Where(sql.And(
					sql.ColumnsEQ(m.C(message.FieldID), n.C(chatnotification.FieldMessageID)),
					sql.ColumnsEQ(p.C(participant.FieldConversationID), n.C(chatnotification.FieldConversationID)),
					sql.ColumnsEQ(p.C(participant.FieldSubject), n.C(chatnotification.FieldUserID)),
					sql.ColumnsGTE(p.C(participant.FieldReadSeq), m.C(message.FieldSeq)),
				)),
		))
	})
}

// stillThere holds for notifications of what a user can still look at: the conversation was not deleted and has not
// expired, the message was not deleted, and the user has not left. In an announcement's audience most have no place: those
// given are addressed to the user, or any when none are given.
func stillThere(now time.Time, announcements []uuid.UUID) predicate.ChatNotification {
	return func(n *sql.Selector) {
		c, p, m := sql.Table(conversation.Table).As("c"), sql.Table(participant.Table).As("p"), sql.Table(message.Table).As("m")
		n.Where(sql.And(
			sql.Exists(sql.Select(c.C(conversation.FieldID)).From(c).Where(sql.And(
				sql.ColumnsEQ(c.C(conversation.FieldID), n.C(chatnotification.FieldConversationID)),
				sql.IsNull(c.C(conversation.FieldDeletedAt)),
				sql.Or(sql.IsNull(c.C(conversation.FieldExpiresAt)), sql.GT(c.C(conversation.FieldExpiresAt), now.UnixMicro())),
			))),
			sql.NotExists(sql.Select(m.C(message.FieldID)).From(m).Where(sql.And(
				sql.ColumnsEQ(m.C(message.FieldID), n.C(chatnotification.FieldMessageID)),
				sql.NotNull(m.C(message.FieldDeletedAt)),
			))),
			sql.Or(
				ofAnnouncement(n, announcements),
				sql.Exists(sql.Select(p.C(participant.FieldID)).From(p).Where(sql.And(
					sql.ColumnsEQ(p.C(participant.FieldConversationID), n.C(chatnotification.FieldConversationID)),
					sql.ColumnsEQ(p.C(participant.FieldSubject), n.C(chatnotification.FieldUserID)),
					sql.IsNull(p.C(participant.FieldLeftAt)),
				))),
			),
		))
	}
}

func ofAnnouncement(n *sql.Selector, announcements []uuid.UUID) *sql.Predicate {
	is := sql.EQ(n.C(chatnotification.FieldType), chatv1.ChatNotification_new_announcement.String())
	if announcements == nil {
		return is
	}
	ids := make([]any, len(announcements))
	for i, id := range announcements {
		ids[i] = id
	}
	return sql.And(is, sql.In(n.C(chatnotification.FieldConversationID), ids...))
}
