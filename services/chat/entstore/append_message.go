package entstore

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// AppendMessage implements chat.Store.
func (s *Store) AppendMessage(ctx context.Context, d chat.Draft, permit chat.Permit) (*chatv1.Message, bool, error) {
	return s.SubmitMessage(ctx, d, permit)()
}

// SubmitMessage implements chat.Store.
func (s *Store) SubmitMessage(ctx context.Context, d chat.Draft, permit chat.Permit) func() (*chatv1.Message, bool, error) {
	return s.committer.submit(ctx, d, permit)
}

// memberOf answers a subject's place in a conversation, and nil when they have none.
func memberOf(ctx context.Context, tx *ent.Tx, c *ent.Conversation, subject string) (*ent.Participant, error) {
	if subject == "" {
		return nil, nil
	}
	row, err := tx.Participant.Query().
		Where(participant.ConversationID(c.ID), participant.Subject(subject), participant.LeftAtIsNil()).
		Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return row, err
}

// insertMessage stores a message of the system under the conversation's next seq, in a transaction that does more.
func insertMessage(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, d chat.Draft) error {
	m := proto.CloneOf(d.Message)
	m.Seq = c.LastSeq + 1
	id, err := uuid.Parse(m.GetId())
	if err != nil {
		return err
	}
	if err := newMessage(tx, c, id, m, d).Exec(ctx); err != nil {
		return err
	}
	if err := appendTo(ctx, tx, f, c, id, micros(m.GetCreatedAt()), nil); err != nil {
		return err
	}
	f.add(entry{
		applicationID:  c.ApplicationID,
		conversationID: c.ID,
		kind:           chat.EventMessageCreated,
		announced:      isAnnouncement(c),
		messageID:      id,
	})
	return nil
}

// appendTo makes a message the latest of its conversation, with the next seq, at a time.
func appendTo(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, id uuid.UUID, at int64, sender *ent.Participant) error {
	c.LastSeq, c.LastMessageID, c.LastActivityAt = c.LastSeq+1, &id, at
	err := tx.Conversation.UpdateOneID(c.ID).
		SetLastSeq(c.LastSeq).
		SetLastMessageID(id).
		SetLastActivityAt(at).
		SetUpdatedAt(f.at()).
		Exec(ctx)
	if err != nil {
		return err
	}
	return countMessage(ctx, tx, c, sender)
}

func newMessage(tx *ent.Tx, c *ent.Conversation, id uuid.UUID, m *chatv1.Message, d chat.Draft) *ent.MessageCreate {
	row := tx.Message.Create().
		SetID(id).
		SetApplicationID(c.ApplicationID).
		SetConversationID(c.ID).
		SetSeq(m.GetSeq()).
		SetClientMessageID(m.GetClientMessageId()).
		SetSenderSubject(d.SenderSubject).
		SetSenderName(m.GetSenderName()).
		SetContent(m.GetContent()).
		SetContentType(m.GetContentType().String()).
		SetFingerprint(d.Fingerprint).
		SetIsAnnouncement(m.GetIsAnnouncement()).
		SetIsModerated(m.GetIsModerated()).
		SetModerationStatus(m.GetModerationStatus().String()).
		SetCreatedAt(micros(m.GetCreatedAt()))
	if reply, err := uuid.Parse(m.GetReplyToMessageId()); err == nil {
		row.SetReplyToMessageID(reply)
	}
	return row
}

// FindMessage implements chat.Store.
func (s *Store) FindMessage(ctx context.Context, applicationID, id string) (*chatv1.Message, []byte, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, nil, wrap("find message", chat.ErrNotFound)
	}
	row, err := s.read.Message.Query().Where(message.ID(key), message.ApplicationID(applicationID)).Only(ctx)
	if err != nil {
		return nil, nil, wrap("find message", err)
	}
	return messageProto(row), row.Fingerprint, nil
}
