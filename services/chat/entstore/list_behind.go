package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// ListBehind implements chat.Store, in one query. Of a conversation whose members have received everything it reads no
// member's row.
func (s *Store) ListBehind(ctx context.Context, applicationID string, spans []chat.Span) ([]chat.Behind, error) {
	if len(spans) == 0 {
		return nil, nil
	}
	within := make([]predicate.Participant, len(spans))
	for i, span := range spans {
		id, err := uuid.Parse(span.ConversationID)
		if err != nil {
			return nil, wrap("list behind", err)
		}
		within[i] = participant.And(
			participant.ConversationID(id), participant.LeftAtIsNil(),
			participant.DeliveredSeqGTE(span.From), participant.DeliveredSeqLT(span.Below))
	}
	rows, err := s.read.Participant.Query().
		Where(participant.Or(within...), participant.ApplicationID(applicationID), ofOpenConversation).
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

// ofOpenConversation holds for members of conversations that are there, and are no announcements.
func ofOpenConversation(members *sql.Selector) {
	c := sql.Table(conversation.Table).As("c")
	members.Where(sql.Exists(sql.Select(c.C(conversation.FieldID)).From(c).Where(sql.And(
		sql.ColumnsEQ(c.C(conversation.FieldID), members.C(participant.FieldConversationID)),
		sql.NEQ(c.C(conversation.FieldType), chatv1.Conversation_announcement.String()),
		sql.IsNull(c.C(conversation.FieldDeletedAt)),
	))))
}
