package entstore

import (
	"context"
	"maps"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// CreateAnnouncement implements chat.Store.
func (s *Store) CreateAnnouncement(ctx context.Context, a chat.Announcement) (*chatv1.Conversation, bool, error) {
	err := s.change(ctx, "create announcement", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		files, err := s.takeAttachments(ctx, tx, f, a.Draft)
		if err != nil {
			return err
		}
		return insertAnnouncement(ctx, tx, f, a, files)
	})
	if a.Key != "" && ent.IsConstraintError(err) {
		// The same call again made it in between.
		stored, err := s.FindByKey(ctx, a.Conversation.GetApplicationId(), a.Key)
		return stored, false, err
	}
	if err != nil {
		return nil, false, err
	}
	return a.Conversation, true, nil
}

func insertAnnouncement(ctx context.Context, tx *ent.Tx, f *feed, a chat.Announcement, files []*ent.Attachment) error {
	c := a.Conversation
	id, err := uuid.Parse(c.GetId())
	if err != nil {
		return err
	}
	messageID, err := uuid.Parse(a.Draft.Message.GetId())
	if err != nil {
		return err
	}
	row, err := newConversation(tx, id, c, a.Key).
		SetForEveryone(a.ForEveryone).SetLastSeq(1).SetLastMessageID(messageID).Save(ctx)
	if err != nil {
		return err
	}
	if err := insertAuthor(ctx, tx, row, c); err != nil {
		return err
	}
	if err := insertFirst(ctx, tx, row, messageID, a.Draft, files); err != nil {
		return err
	}
	f.add(entry{
		applicationID:  c.GetApplicationId(),
		conversationID: id,
		kind:           chat.EventAnnouncementCreated,
		announced:      true,
		messageID:      messageID,
		payload:        &chatv1.Event{Title: proto.String(c.GetTitle())},
	})
	return nil
}

// insertFirst stores the message of an announcement.
func insertFirst(ctx context.Context, tx *ent.Tx, c *ent.Conversation, id uuid.UUID, d chat.Draft, files []*ent.Attachment) error {
	m := proto.CloneOf(d.Message)
	m.Seq = 1
	withFiles(m, files)
	row := newMessage(tx, c, id, m, d)
	kept, err := attachmentBytes(files)
	if err != nil {
		return err
	}
	if kept != nil {
		row.SetAttachments(kept)
	}
	return row.Exec(ctx)
}

// insertAuthor gives the author their place, with nothing unread. A back end has none.
func insertAuthor(ctx context.Context, tx *ent.Tx, row *ent.Conversation, c *chatv1.Conversation) error {
	for _, author := range c.GetParticipants() {
		place, err := newParticipant(tx, row, author)
		if err != nil {
			return err
		}
		if err := place.SetReadSeq(1).SetDeliveredSeq(1).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// FindByKey implements chat.Store.
func (s *Store) FindByKey(ctx context.Context, applicationID, key string) (*chatv1.Conversation, error) {
	stored, err := s.pair(ctx, applicationID, key)
	return stored, wrap("find by key", err)
}

// ListAnnouncements implements chat.Store, in three queries whatever the page's size.
func (s *Store) ListAnnouncements(ctx context.Context, q chat.AnnouncementsQuery) ([]*chatv1.Announcement, error) {
	where, err := announcements(q)
	if err != nil {
		return nil, wrap("list announcements", err)
	}
	rows, err := s.read.Conversation.Query().Where(where...).Order(conversation.ByID(sql.OrderDesc())).Limit(q.Limit).All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, wrap("list announcements", err)
	}
	list := make([]*chatv1.Announcement, len(rows))
	byID := make(map[uuid.UUID]*chatv1.Announcement, len(rows))
	for i, row := range rows {
		list[i] = &chatv1.Announcement{Conversation: conversationProto(row)}
		byID[row.ID] = list[i]
	}
	if err := s.addFirstMessages(ctx, byID); err != nil {
		return nil, wrap("list announcements: messages", err)
	}
	if q.Subject != "" {
		err = s.addAnnouncementsUnread(ctx, rows, byID, q.Subject)
	}
	return list, wrap("list announcements: unread", err)
}

// announcements is what a query says of conversations.
func announcements(q chat.AnnouncementsQuery) ([]predicate.Conversation, error) {
	where := []predicate.Conversation{
		conversation.ApplicationID(q.ApplicationID),
		conversation.Type(chatv1.Conversation_announcement.String()),
		conversation.DeletedAtIsNil(),
	}
	switch {
	case q.One != "":
		where = append(where, conversation.IDIn(parseIDs([]string{q.One})...))
	case !q.All:
		where = append(where, addressedOrWritten(q))
	}
	for _, bound := range []struct {
		id string
		is func(uuid.UUID) predicate.Conversation
	}{{q.Before, conversation.IDLT}, {q.From, conversation.IDGTE}} {
		if bound.id == "" {
			continue
		}
		id, err := uuid.Parse(bound.id)
		if err != nil {
			return nil, err
		}
		where = append(where, bound.is(id))
	}
	return where, nil
}

func addressedOrWritten(q chat.AnnouncementsQuery) predicate.Conversation {
	addressed := conversation.And(
		conversation.IDIn(parseIDs(q.IDs)...),
		conversation.Or(conversation.ExpiresAtIsNil(), conversation.ExpiresAtGT(q.Now.UnixMicro())),
	)
	if q.Author == "" {
		return addressed
	}
	return conversation.Or(addressed, conversation.CreatedBy(q.Author))
}

func (s *Store) addFirstMessages(ctx context.Context, byID map[uuid.UUID]*chatv1.Announcement) error {
	messages, err := s.read.Message.Query().Where(message.ConversationIDIn(keys(byID)...), message.Seq(1)).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range messages {
		byID[m.ConversationID].Message = messageProto(m)
	}
	return nil
}

// addAnnouncementsUnread counts all messages as unread to whom has no place yet.
func (s *Store) addAnnouncementsUnread(ctx context.Context, rows []*ent.Conversation, byID map[uuid.UUID]*chatv1.Announcement, subject string) error {
	members, err := s.read.Participant.Query().
		Where(participant.ConversationIDIn(keys(byID)...), participant.Subject(subject)).
		All(ctx)
	if err != nil {
		return err
	}
	mine := make(map[uuid.UUID]*ent.Participant, len(members))
	for _, m := range members {
		mine[m.ConversationID] = m
	}
	for _, row := range rows {
		place := mine[row.ID]
		if place == nil {
			place = &ent.Participant{}
		}
		byID[row.ID].Conversation.UnreadCount = unread(row, place)
	}
	return nil
}

// JoinAudience implements chat.Store.
func (s *Store) JoinAudience(ctx context.Context, applicationID string, p *chatv1.Participant) error {
	err := s.change(ctx, "join audience", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		c, err := s.lockConversation(ctx, tx, applicationID, p.GetConversationId())
		if err != nil {
			return err
		}
		known, err := tx.Participant.Query().Where(participant.ConversationID(c.ID), participant.Subject(chat.Subject(p))).Exist(ctx)
		if known || err != nil {
			return err
		}
		row, err := newParticipant(tx, c, p)
		if err != nil {
			return err
		}
		return row.Exec(ctx)
	})
	return err
}

func keys(byID map[uuid.UUID]*chatv1.Announcement) []uuid.UUID {
	return slices.Collect(maps.Keys(byID))
}
