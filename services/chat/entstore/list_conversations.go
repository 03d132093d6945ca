package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// ListConversations implements chat.Store, in four queries whatever the page's size.
func (s *Store) ListConversations(ctx context.Context, q chat.ConversationsQuery) ([]*chatv1.Conversation, error) {
	rows, err := s.conversationPage(ctx, q)
	if err != nil || len(rows) == 0 {
		return nil, wrap("list conversations", err)
	}
	list := make([]*chatv1.Conversation, len(rows))
	byID := make(map[uuid.UUID]*chatv1.Conversation, len(rows))
	for i, row := range rows {
		list[i] = conversationProto(row)
		byID[row.ID] = list[i]
	}
	if err := s.addUnread(ctx, rows, byID, q.Subject); err != nil {
		return nil, wrap("list conversations: unread", err)
	}
	if err := s.addLastMessages(ctx, rows, byID); err != nil {
		return nil, wrap("list conversations: last messages", err)
	}
	if err := s.addPairs(ctx, rows, byID); err != nil {
		return nil, wrap("list conversations: participants", err)
	}
	return list, nil
}

func (s *Store) conversationPage(ctx context.Context, q chat.ConversationsQuery) ([]*ent.Conversation, error) {
	where := []predicate.Conversation{
		conversation.ApplicationID(q.ApplicationID),
		conversation.DeletedAtIsNil(),
		conversation.HasParticipantsWith(participant.Subject(q.Subject), participant.LeftAtIsNil()),
		// An expired conversation is still its author's to look at.
		conversation.Or(
			conversation.ExpiresAtIsNil(),
			conversation.ExpiresAtGT(q.Now.UnixMicro()),
			conversation.CreatedBy(q.Subject),
		),
	}
	if len(q.Types) > 0 {
		types := make([]string, len(q.Types))
		for i, t := range q.Types {
			types[i] = t.String()
		}
		where = append(where, conversation.TypeIn(types...))
	}
	if q.After != nil {
		id, err := uuid.Parse(q.After.ID)
		if err != nil {
			return nil, err
		}
		where = append(where, after(*q.After, id))
	}
	return s.read.Conversation.Query().
		Where(where...).
		Order(conversation.ByIsPinned(sql.OrderDesc()), conversation.ByLastActivityAt(sql.OrderDesc()), conversation.ByID(sql.OrderDesc())).
		Limit(q.Limit).
		All(ctx)
}

// after is everything behind a key in the order of lists.
func after(key chat.ConversationKey, id uuid.UUID) predicate.Conversation {
	behind := conversation.And(
		conversation.IsPinned(key.Pinned),
		conversation.Or(
			conversation.LastActivityAtLT(key.LastActivityAt),
			conversation.And(conversation.LastActivityAt(key.LastActivityAt), conversation.IDLT(id)),
		),
	)
	if key.Pinned {
		return conversation.Or(behind, conversation.IsPinned(false))
	}
	return behind
}

func (s *Store) addUnread(ctx context.Context, rows []*ent.Conversation, byID map[uuid.UUID]*chatv1.Conversation, subject string) error {
	members, err := s.read.Participant.Query().
		Where(participant.ConversationIDIn(ids(rows)...), participant.Subject(subject)).
		All(ctx)
	if err != nil {
		return err
	}
	mine := make(map[uuid.UUID]*ent.Participant, len(members))
	for _, m := range members {
		mine[m.ConversationID] = m
	}
	for _, row := range rows {
		if m, ok := mine[row.ID]; ok {
			byID[row.ID].UnreadCount = unread(row, m)
		}
	}
	return nil
}

func (s *Store) addLastMessages(ctx context.Context, rows []*ent.Conversation, byID map[uuid.UUID]*chatv1.Conversation) error {
	var last []uuid.UUID
	for _, row := range rows {
		if row.LastMessageID != nil {
			last = append(last, *row.LastMessageID)
		}
	}
	if len(last) == 0 {
		return nil
	}
	messages, err := s.read.Message.Query().Where(message.IDIn(last...)).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range messages {
		byID[m.ConversationID].LastMessage = messageProto(m)
	}
	return nil
}

func (s *Store) addPairs(ctx context.Context, rows []*ent.Conversation, byID map[uuid.UUID]*chatv1.Conversation) error {
	var pairs []uuid.UUID
	for _, row := range rows {
		if isPair(byID[row.ID].GetType()) {
			pairs = append(pairs, row.ID)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	members, err := s.read.Participant.Query().
		Where(participant.ConversationIDIn(pairs...), participant.LeftAtIsNil()).
		Order(participant.ByJoinedAt(), participant.ByID()).
		All(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		c := byID[m.ConversationID]
		c.Participants = append(c.Participants, participantProto(m))
	}
	return nil
}

func ids(rows []*ent.Conversation) []uuid.UUID {
	list := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		list[i] = row.ID
	}
	return list
}
