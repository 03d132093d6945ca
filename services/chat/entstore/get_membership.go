package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// GetMembership implements chat.Store. Nearly every call begins with it, for a member mostly: one query finds both.
func (s *Store) GetMembership(ctx context.Context, applicationID, id, subject string) (*chatv1.Conversation, *chatv1.Participant, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, nil, wrap("get membership", chat.ErrNotFound)
	}
	c, member, err := s.membership(ctx, applicationID, key, subject)
	if err == nil && member == nil {
		c, err = s.conversation(ctx, applicationID, id)
	}
	if err != nil {
		return nil, nil, wrap("get membership", err)
	}
	found := conversationProto(c)
	if member == nil {
		return found, nil, nil
	}
	found.UnreadCount = unread(c, member)
	return found, participantProto(member), nil
}

// membership reads a conversation by the row of a member. The member is nil of those who are none.
func (s *Store) membership(ctx context.Context, applicationID string, id uuid.UUID, subject string) (*ent.Conversation, *ent.Participant, error) {
	if subject == "" {
		return nil, nil, nil
	}
	var member *ent.Participant
	place, in := &ent.Participant{ConversationID: id}, &ent.Conversation{ID: id, ApplicationID: applicationID}
	err := s.eachOf(ctx, s.texts.of(membershipText{}, s.membershipQuery), []any{id, subject, applicationID},
		func() { member = place }, append(memberFields(place), conversationFields(in)...)...)
	return in, member, err
}

// membershipText is the key of membershipQuery, which asks for a conversation, a subject and an application.
type membershipText struct{}

func (s *Store) membershipQuery() *sql.Selector {
	p, c := sql.Table(participant.Table).As("p"), sql.Table(conversation.Table).As("c")
	return sql.Dialect(s.dialect).
		Select(append(p.Columns(memberColumns...), c.Columns(conversationColumns...)...)...).
		From(p).Join(c).On(p.C(participant.FieldConversationID), c.C(conversation.FieldID)).
		Where(sql.And(
			sql.EQ(p.C(participant.FieldConversationID), uuid.Nil),
			sql.EQ(p.C(participant.FieldSubject), ""),
			sql.IsNull(p.C(participant.FieldLeftAt)),
			sql.EQ(c.C(conversation.FieldApplicationID), ""),
			sql.IsNull(c.C(conversation.FieldDeletedAt)),
		))
}

// memberColumns are those that participants are made of, in the order of memberFields.
var memberColumns = []string{
	participant.FieldID, participant.FieldSubject, participant.FieldRole, participant.FieldJoinedAt,
	participant.FieldViaTarget, participant.FieldCanReply, participant.FieldLastReadMessageID,
	participant.FieldDeliveredSeq, participant.FieldReadSeq, participant.FieldAnonymousID,
	participant.FieldListRank, participant.FieldHasUnread, participant.FieldOwnUnread,
}

func memberFields(p *ent.Participant) []any {
	return []any{
		&p.ID, &p.Subject, &p.Role, &p.JoinedAt,
		&p.ViaTarget, &p.CanReply, &p.LastReadMessageID,
		&p.DeliveredSeq, &p.ReadSeq, &p.AnonymousID,
		&p.ListRank, &p.HasUnread, &p.OwnUnread,
	}
}

// conversationColumns are those that conversations are made of, in the order of conversationFields.
var conversationColumns = []string{
	conversation.FieldType, conversation.FieldTitle, conversation.FieldReplyPermission, conversation.FieldCreatedAt,
	conversation.FieldUpdatedAt, conversation.FieldIsPinned, conversation.FieldExpiresAt,
	conversation.FieldParticipantCount, conversation.FieldCreatedBy, conversation.FieldLastSeq,
}

func conversationFields(c *ent.Conversation) []any {
	return []any{
		&c.Type, &c.Title, &c.ReplyPermission, &c.CreatedAt,
		&c.UpdatedAt, &c.IsPinned, &c.ExpiresAt,
		&c.ParticipantCount, &c.CreatedBy, &c.LastSeq,
	}
}
