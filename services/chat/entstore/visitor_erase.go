package entstore

import (
	"context"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/predicate"
	"github.com/palabre/palabre/services/chat"
)

// EraseVisitor implements chat.Store.
func (s *Store) EraseVisitor(ctx context.Context, e chat.Erasure) error {
	return s.changeVisitor(ctx, "erase visitor", e.ApplicationID, e.ID, func(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, row *ent.AnonymousUser) error {
		v, err := visitorOf(row)
		if err != nil {
			return err
		}
		if err := eraseMessages(ctx, tx, f, c, v.Subject(), e.Messages); err != nil || v.Erased {
			return err
		}
		if err := removeAttachments(ctx, tx, f.at(), uploadedBy(c, v.Subject())...); err != nil {
			return err
		}
		if err := eraseIdentity(ctx, tx, f, row, e); err != nil {
			return err
		}
		member, err := memberOf(ctx, tx, c, v.Subject())
		if err != nil {
			return err
		}
		if _, still := chat.VisitorID(v.Subject()); still && member != nil {
			if err := leave(ctx, tx, f, c, member); err != nil {
				return err
			}
		}
		f.add(conversationChanged(c, chat.EventConversationUpdated, conversationProto(c)))
		return nil
	})
}

// changeVisitor changes a visitor with their conversation locked, which may have been deleted.
func (s *Store) changeVisitor(ctx context.Context, what, applicationID, id string, do func(context.Context, *ent.Tx, *feed, *ent.Conversation, *ent.AnonymousUser) error) error {
	return s.change(ctx, what, func(ctx context.Context, tx *ent.Tx, f *feed) error {
		row, err := visitorRow(ctx, tx.AnonymousUser, applicationID, id)
		if err != nil {
			return err
		}
		of := tx.Conversation.Query().Where(conversation.ID(*row.ConversationID), conversation.ApplicationID(applicationID))
		if s.rowLocks {
			of = of.ForUpdate()
		}
		c, err := of.Only(ctx)
		if err != nil {
			return err
		}
		// Once more, now that nobody changes them.
		if row, err = visitorRow(ctx, tx.AnonymousUser, applicationID, id); err != nil {
			return err
		}
		return do(ctx, tx, f, c, row)
	})
}

// eraseIdentity takes away what says who the visitor is.
func eraseIdentity(ctx context.Context, tx *ent.Tx, f *feed, row *ent.AnonymousUser, e chat.Erasure) error {
	update := tx.AnonymousUser.UpdateOne(row).
		SetDeviceID("").
		SetName("").
		SetEmail("").
		ClearMetadata().
		SetErasedAt(f.at())
	if row.CreatedAt <= e.CountedSince.UnixMicro() {
		update.SetAddressHash("")
	}
	return update.Exec(ctx)
}

// eraseMessages takes the sender's name off their messages, and their texts away where that is asked for.
func eraseMessages(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, subject string, texts bool) error {
	f.rewrites = true
	theirs := []predicate.Message{message.ConversationID(c.ID), message.SenderSubject(subject)}
	if err := tx.Message.Update().Where(theirs...).SetSenderName("").Exec(ctx); err != nil || !texts {
		return err
	}
	theirs = append(theirs, message.DeletedAtIsNil())
	erased, err := tx.Message.Query().Where(theirs...).Order(message.BySeq()).
		Select(message.FieldID, message.FieldApplicationID, message.FieldConversationID, message.FieldSeq, message.FieldSenderSubject,
			message.FieldAttachments).
		All(ctx)
	if err != nil {
		return err
	}
	if err := tx.Message.Update().Where(theirs...).SetContent("").ClearAttachments().SetDeletedAt(f.at()).Exec(ctx); err != nil {
		return err
	}
	if err := removeFilesOf(ctx, tx, f.at(), erased...); err != nil {
		return err
	}
	for _, m := range erased {
		f.add(messageDeleted(c, m))
	}
	return nil
}
