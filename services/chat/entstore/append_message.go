package entstore

import (
	"bytes"
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// AppendMessage implements chat.Store. The conversation's row is locked from the look for a duplicate to the commit, so
// repeats cannot pass each other and seqs are given in the order of commits.
func (s *Store) AppendMessage(ctx context.Context, d chat.Draft, permit chat.Permit) (*chatv1.Message, bool, error) {
	var stored *chatv1.Message
	duplicate := false
	err := s.change(ctx, "append message", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		c, err := s.lockConversation(ctx, tx, d.ApplicationID, d.Message.GetConversationId())
		if err != nil {
			return err
		}
		if stored, err = duplicateOf(ctx, tx, d); stored != nil || err != nil {
			duplicate = stored != nil
			return err
		}
		sender, err := memberOf(ctx, tx, c, d.SenderSubject)
		if err != nil {
			return err
		}
		if err := permit(conversationProto(c), optionalParticipant(sender)); err != nil {
			return err
		}
		stored, err = insertMessage(ctx, tx, f, c, sender, d)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return stored, duplicate, nil
}

// duplicateOf answers the message that has the draft's id already, and nil when there is none.
func duplicateOf(ctx context.Context, tx *ent.Tx, d chat.Draft) (*chatv1.Message, error) {
	id, err := uuid.Parse(d.Message.GetId())
	if err != nil {
		return nil, err
	}
	row, err := tx.Message.Get(ctx, id)
	switch {
	case ent.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(row.Fingerprint, d.Fingerprint):
		return nil, chat.ErrIdempotencyConflict
	}
	return messageProto(row), nil
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

func optionalParticipant(row *ent.Participant) *chatv1.Participant {
	if row == nil {
		return nil
	}
	return participantProto(row)
}

// insertMessage stores a message under the conversation's next seq.
func insertMessage(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, sender *ent.Participant, d chat.Draft) (*chatv1.Message, error) {
	m := proto.CloneOf(d.Message)
	m.Seq = c.LastSeq + 1
	id, err := uuid.Parse(m.GetId())
	if err != nil {
		return nil, err
	}
	if err := newMessage(tx, c, id, m, d).Exec(ctx); err != nil {
		return nil, err
	}
	err = tx.Conversation.UpdateOneID(c.ID).
		SetLastSeq(m.GetSeq()).
		SetLastMessageID(id).
		SetLastActivityAt(micros(m.GetCreatedAt())).
		SetUpdatedAt(f.at()).
		Exec(ctx)
	if err != nil {
		return nil, err
	}
	if err := countOwn(ctx, tx, sender, m.GetSeq()); err != nil {
		return nil, err
	}
	f.add(entry{
		applicationID:  c.ApplicationID,
		conversationID: c.ID,
		kind:           chat.EventMessageCreated,
		announced:      isAnnouncement(c),
		messageID:      id,
	})
	m.CreatedAt = timestamp(micros(m.GetCreatedAt()))
	return m, nil
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

// countOwn keeps a sender's own message from being unread to them: one who had read everything still has, and for
// another it is counted apart.
func countOwn(ctx context.Context, tx *ent.Tx, sender *ent.Participant, seq int64) error {
	if sender == nil {
		return nil
	}
	update := tx.Participant.UpdateOneID(sender.ID)
	if sender.ReadSeq == seq-1 {
		update.SetReadSeq(seq)
	} else {
		update.AddOwnUnread(1)
	}
	if sender.DeliveredSeq == seq-1 {
		update.SetDeliveredSeq(seq)
	}
	return update.Exec(ctx)
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
