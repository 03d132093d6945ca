package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// ListBehind implements chat.Store, in one query. It reads no row of members who have received everything, nor of those
// who have received nothing for long.
func (s *Store) ListBehind(ctx context.Context, applicationID string, messageIDs []string, reach int64) ([]chat.Behind, error) {
	if len(messageIDs) == 0 {
		return nil, nil
	}
	rows, err := s.read.Participant.Query().
		Where(behindOf(applicationID, messageIDs, reach), participant.LeftAtIsNil(), ofOpenConversation).
		Select(participant.FieldConversationID, participant.FieldSubject, participant.FieldDeliveredSeq).
		All(ctx)
	behind := make([]chat.Behind, 0, len(rows))
	for _, row := range rows {
		if _, visitor := chat.VisitorID(row.Subject); !visitor {
			behind = append(behind, chat.Behind{ConversationID: row.ConversationID.String(), UserID: row.Subject, DeliveredSeq: row.DeliveredSeq})
		}
	}
	return behind, wrap("list behind", err)
}

// behindOf holds for members whose delivered watermark is below one of these messages, and not too far. The application is
// asked of the messages: of the members, it would be what a database looks for them by.
func behindOf(applicationID string, messageIDs []string, reach int64) predicate.Participant {
	return func(members *sql.Selector) {
		m := sql.Table(message.Table).As("m")
		members.Join(m).On(m.C(message.FieldConversationID), members.C(participant.FieldConversationID))
		ids := make([]any, 0, len(messageIDs))
		for _, id := range parseIDs(messageIDs) {
			ids = append(ids, id)
		}
		members.Where(sql.And(
			sql.In(m.C(message.FieldID), ids...),
			sql.EQ(m.C(message.FieldApplicationID), applicationID),
			sql.ColumnsLT(members.C(participant.FieldDeliveredSeq), m.C(message.FieldSeq)),
			sql.P(func(b *sql.Builder) {
				b.Ident(members.C(participant.FieldDeliveredSeq)).WriteOp(sql.OpGTE)
				b.Ident(m.C(message.FieldSeq)).WriteString(" - ").Arg(reach)
			}),
		))
	}
}

// ofOpenConversation holds for members of conversations that are there, and are no announcements.
func ofOpenConversation(members *sql.Selector) {
	c := sql.Table(conversation.Table).As("c")
	members.Where(sql.Exists(sql.Select(c.C(conversation.FieldID)).From(c).Where(sql.And(
		sql.ColumnsEQ(c.C(conversation.FieldID), members.C(participant.FieldConversationID)),
		sql.NEQ(c.C(conversation.FieldType), chatv1.Conversation_announcement.String()),
		sql.IsNull(c.C(conversation.FieldDeletedAt)),
	))))
}
