package entstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// ListBehind implements chat.Store, in two queries, and one more for each wide conversation. Of those it reads no row of
// members who have received everything, nor of those who have received nothing for long.
func (s *Store) ListBehind(ctx context.Context, applicationID string, latest map[string]int64, reach int64) ([]chat.Behind, error) {
	if len(latest) == 0 {
		return nil, nil
	}
	counted, wide, err := s.openConversations(ctx, applicationID, latest)
	if err != nil {
		return nil, wrap("list behind", err)
	}
	rows, err := s.membersFor(ctx, among(participant.FieldConversationID, counted))
	if err != nil {
		return nil, wrap("list behind", err)
	}
	for _, id := range wide {
		last := latest[id.String()]
		more, err := s.membersFor(ctx, ofWide, participant.ConversationID(id),
			participant.WideDeliveredSeqLT(last), participant.WideDeliveredSeqGTE(last-reach))
		if err != nil {
			return nil, wrap("list behind", err)
		}
		rows = append(rows, more...)
	}
	return behind(rows, latest, reach), nil
}

// openConversations answers which of the conversations are there, and are no announcements.
func (s *Store) openConversations(ctx context.Context, applicationID string, latest map[string]int64) (counted, wide []uuid.UUID, err error) {
	ids := make([]string, 0, len(latest))
	for id := range latest {
		ids = append(ids, id)
	}
	rows, err := s.read.Conversation.Query().
		Where(among(conversation.FieldID, parseIDs(ids)), conversation.ApplicationID(applicationID),
			conversation.TypeNEQ(chatv1.Conversation_announcement.String()), conversation.DeletedAtIsNil()).
		Select(conversation.FieldID, conversation.FieldIsWide).
		All(ctx)
	for _, row := range rows {
		if row.IsWide {
			wide = append(wide, row.ID)
		} else {
			counted = append(counted, row.ID)
		}
	}
	return counted, wide, err
}

// membersFor reads how far present members have received messages.
func (s *Store) membersFor(ctx context.Context, which ...predicate.Participant) ([]*ent.Participant, error) {
	return s.read.Participant.Query().
		Where(which...).
		Where(participant.LeftAtIsNil()).
		Select(participant.FieldConversationID, participant.FieldSubject, participant.FieldDeliveredSeq).
		All(ctx)
}

// behind answers the users who miss the latest messages, but for those who miss too many.
func behind(rows []*ent.Participant, latest map[string]int64, reach int64) []chat.Behind {
	list := make([]chat.Behind, 0, len(rows))
	for _, row := range rows {
		missing := latest[row.ConversationID.String()] - row.DeliveredSeq
		if _, visitor := chat.VisitorID(row.Subject); !visitor && missing > 0 && missing <= reach {
			list = append(list, chat.Behind{ConversationID: row.ConversationID.String(), UserID: row.Subject, DeliveredSeq: row.DeliveredSeq})
		}
	}
	return list
}
