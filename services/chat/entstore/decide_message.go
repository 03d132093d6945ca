package entstore

import (
	"context"

	"github.com/palabre/palabre/ent"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/chat"
)

// DecideMessage implements chat.Store. What is done already shows in the message, so that a decision that comes again
// changes nothing.
func (s *Store) DecideMessage(ctx context.Context, d chat.Decision) error {
	return s.changeMessage(ctx, "decide message", d.ApplicationID, d.MessageID, func(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, m *ent.Message) error {
		published := m.Seq != nil
		switch {
		case m.DeletedAt != nil:
			return chat.ErrNotFound
		case d.Approved && !published:
			return publish(ctx, tx, f, c, m, d)
		case !d.Approved && published:
			return takeBack(ctx, tx, f, c, m, d)
		case !d.Approved && m.ModerationStatus != chatv1.Message_rejected.String():
			return reject(ctx, tx, f, c, m, d)
		}
		return nil
	})
}

// publish gives a message that waited its place in the conversation, at the end. When it was written stays.
func publish(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, m *ent.Message, d chat.Decision) error {
	sender, err := memberOf(ctx, tx, c, m.SenderSubject)
	if err != nil {
		return err
	}
	if err := appendTo(ctx, tx, f, c, m.ID, f.at(), sender); err != nil {
		return err
	}
	err = tx.Message.UpdateOne(m).SetSeq(c.LastSeq).SetModerationStatus(chatv1.Message_approved.String()).Exec(ctx)
	if err != nil {
		return err
	}
	f.add(messageChanged(c, m, chat.EventMessageCreated))
	f.moderated(c, m.SenderSubject, decided(m, moderationv1.Verdict_approved, d.Reasons), &c.LastSeq)
	return nil
}

// reject keeps a message from the others for good, and its text for the sender, who may appeal.
func reject(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, m *ent.Message, d chat.Decision) error {
	if err := tx.Message.UpdateOne(m).SetModerationStatus(chatv1.Message_rejected.String()).Exec(ctx); err != nil {
		return err
	}
	f.moderated(c, m.SenderSubject, decided(m, moderationv1.Verdict_rejected, d.Reasons), nil)
	return nil
}

// takeBack deletes a message that the others have seen.
func takeBack(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, m *ent.Message, d chat.Decision) error {
	err := tx.Message.UpdateOne(m).
		SetContent("").
		ClearAttachments().
		SetDeletedAt(f.at()).
		SetModerationStatus(chatv1.Message_rejected.String()).
		Exec(ctx)
	if err == nil {
		err = removeFilesOf(ctx, tx, f.at(), m)
	}
	if err != nil {
		return err
	}
	f.add(messageDeleted(c, m))
	f.moderated(c, m.SenderSubject, decided(m, moderationv1.Verdict_rejected, d.Reasons), m.Seq)
	return recordChange(ctx, tx, f, m, chatv1.MessageChange_deleted, "")
}

func decided(m *ent.Message, status moderationv1.Verdict_Status, reasons []*moderationv1.Reason) *chatv1.Moderation {
	return &chatv1.Moderation{
		MessageId:       m.ID.String(),
		ConversationId:  m.ConversationID.String(),
		Status:          status,
		Reasons:         reasons,
		ClientMessageId: m.ClientMessageID,
	}
}

// moderated tells moderators what became of a message, and its sender; seq is its place, if it has one.
func (f *feed) moderated(c *ent.Conversation, sender string, m *chatv1.Moderation, seq *int64) {
	f.add(entry{
		applicationID:  c.ApplicationID,
		conversationID: c.ID,
		kind:           chat.EventMessageModerated,
		recipient:      sender,
		recipientOnly:  true,
		payload:        &chatv1.Event{Seq: seq, Payload: &chatv1.Event_Moderation{Moderation: m}},
	})
}

// remarked tells moderators, and nobody else, of a message that is published, when there is something to tell.
func (f *feed) remarked(c *ent.Conversation, m *chatv1.Moderation, seq *int64) {
	if m != nil {
		f.moderated(c, "", m, seq)
	}
}
