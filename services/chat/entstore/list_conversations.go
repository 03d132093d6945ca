package entstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// listed is a conversation in someone's list, with their place in it: nil in an announcement that they have done nothing
// with.
type listed struct {
	*ent.Conversation
	member *ent.Participant
}

// ListConversations implements chat.Store, in as many queries for a page of 200 as for one of ten.
func (s *Store) ListConversations(ctx context.Context, q chat.ConversationsQuery) ([]*chatv1.Conversation, error) {
	page, err := s.conversationPage(ctx, q)
	if err != nil || len(page) == 0 {
		return nil, wrap("list conversations", err)
	}
	list := make([]*chatv1.Conversation, len(page))
	byID := make(map[uuid.UUID]*chatv1.Conversation, len(page))
	for i, l := range page {
		list[i] = conversationProto(l.Conversation)
		list[i].UnreadCount = l.unread()
		list[i].LastActivityAt = timestamp(l.LastActivityAt)
		byID[l.ID] = list[i]
	}
	if err := s.addLastMessages(ctx, page, byID); err != nil {
		return nil, wrap("list conversations: last messages", err)
	}
	if err := s.addPairs(ctx, page, byID); err != nil {
		return nil, wrap("list conversations: participants", err)
	}
	return list, nil
}

// unread is what of a listed conversation is unread: all of an announcement that they have done nothing with.
func (l listed) unread() int32 {
	if l.member == nil {
		return int32(l.LastSeq)
	}
	return unread(l.Conversation, l.member)
}

// conversationPage merges the page out of a page of each source. Author and addressee of an announcement may be one, so
// a conversation may be in two.
func (s *Store) conversationPage(ctx context.Context, q chat.ConversationsQuery) ([]listed, error) {
	var page []listed
	for _, source := range []func(context.Context, chat.ConversationsQuery) ([]listed, error){
		s.rankedPage, s.widePage, s.announcementPage,
	} {
		found, err := source(ctx, q)
		if err != nil {
			return nil, err
		}
		page = append(page, found...)
	}
	slices.SortStableFunc(page, inListOrder)
	page = slices.CompactFunc(page, func(a, b listed) bool { return a.ID == b.ID })
	return page[:min(len(page), q.Limit)], nil
}

// inListOrder compares conversations by their places in a list.
func inListOrder(a, b listed) int {
	return cmp.Or(
		cmp.Compare(rank(b.IsPinned, b.LastActivityAt), rank(a.IsPinned, a.LastActivityAt)),
		cmp.Compare(b.LastActivityAt, a.LastActivityAt),
		bytes.Compare(b.ID[:], a.ID[:]),
	)
}

func (s *Store) addLastMessages(ctx context.Context, page []listed, byID map[uuid.UUID]*chatv1.Conversation) error {
	var last []uuid.UUID
	for _, l := range page {
		if l.LastMessageID != nil {
			last = append(last, *l.LastMessageID)
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

func (s *Store) addPairs(ctx context.Context, page []listed, byID map[uuid.UUID]*chatv1.Conversation) error {
	var pairs []uuid.UUID
	for _, l := range page {
		if isPair(byID[l.ID].GetType()) {
			pairs = append(pairs, l.ID)
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
