package entstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// EditMessage implements chat.Store.
func (s *Store) EditMessage(ctx context.Context, e chat.Edit) (*chatv1.Message, error) {
	var edited *ent.Message
	err := s.changeMessage(ctx, "edit message", e.ApplicationID, e.MessageID, func(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, m *ent.Message) error {
		switch {
		case m.DeletedAt != nil:
			return chat.ErrMessageDeleted
		case m.Seq == nil:
			return chat.ErrMessageHeld
		}
		var err error
		if edited, err = tx.Message.UpdateOne(m).SetContent(e.Content).SetEditedAt(f.at()).Save(ctx); err != nil {
			return err
		}
		f.add(messageChanged(c, m, chat.EventMessageUpdated))
		f.remarked(c, e.Moderation, m.Seq)
		return recordChange(ctx, tx, f, m, chatv1.MessageChange_edited, e.By)
	})
	if err != nil {
		return nil, err
	}
	return messageProto(edited), nil
}

// DeleteMessage implements chat.Store.
func (s *Store) DeleteMessage(ctx context.Context, applicationID, id, by string) error {
	return s.changeMessage(ctx, "delete message", applicationID, id, func(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, m *ent.Message) error {
		if m.DeletedAt != nil {
			return nil
		}
		if err := tx.Message.UpdateOne(m).SetContent("").ClearAttachments().SetDeletedAt(f.at()).Exec(ctx); err != nil {
			return err
		}
		if err := removeFilesOf(ctx, tx, f.at(), m); err != nil {
			return err
		}
		f.add(messageDeleted(c, m))
		return recordChange(ctx, tx, f, m, chatv1.MessageChange_deleted, by)
	})
}

// changeMessage changes a message with its conversation locked.
func (s *Store) changeMessage(ctx context.Context, what, applicationID, id string, do func(context.Context, *ent.Tx, *feed, *ent.Conversation, *ent.Message) error) error {
	key, err := uuid.Parse(id)
	if err != nil {
		return wrap(what, chat.ErrNotFound)
	}
	return s.change(ctx, what, func(ctx context.Context, tx *ent.Tx, f *feed) error {
		of := tx.Message.Query().Where(message.ID(key), message.ApplicationID(applicationID))
		m, err := of.Clone().Only(ctx)
		if err != nil {
			return err
		}
		c, err := s.lockConversation(ctx, tx, applicationID, m.ConversationID.String())
		if err != nil {
			return err
		}
		f.rewrites = true
		// Once more, now that nobody changes it.
		if m, err = of.Only(ctx); err != nil {
			return err
		}
		return do(ctx, tx, f, c, m)
	})
}

func messageChanged(c *ent.Conversation, m *ent.Message, kind string) entry {
	return entry{
		applicationID:  m.ApplicationID,
		conversationID: m.ConversationID,
		kind:           kind,
		announced:      isAnnouncement(c),
		messageID:      m.ID,
	}
}

// messageDeleted tells everyone, or of a message that is not published its sender.
func messageDeleted(c *ent.Conversation, m *ent.Message) entry {
	e := messageChanged(c, m, chat.EventMessageDeleted)
	if m.Seq == nil {
		e.announced, e.recipient, e.recipientOnly = false, m.SenderSubject, true
	}
	return e
}
