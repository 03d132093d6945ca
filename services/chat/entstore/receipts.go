package entstore

import (
	"context"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// AdvanceReceipt implements chat.Store.
func (s *Store) AdvanceReceipt(ctx context.Context, applicationID, conversationID, subject string, kind chat.ReceiptKind, seq int64) (*chatv1.Participant, error) {
	return s.advanceReceipt(ctx, applicationID, conversationID, subject, kind, seq, false)
}

// AdvanceAddressee implements chat.Store.
func (s *Store) AdvanceAddressee(ctx context.Context, applicationID, conversationID, userID string, kind chat.ReceiptKind, seq int64) (*chatv1.Participant, error) {
	return s.advanceReceipt(ctx, applicationID, conversationID, userID, kind, seq, true)
}

func (s *Store) advanceReceipt(ctx context.Context, applicationID, conversationID, subject string, kind chat.ReceiptKind, seq int64, addressee bool) (*chatv1.Participant, error) {
	var member *ent.Participant
	err := s.change(ctx, "advance receipt", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		c, err := s.lockConversation(ctx, tx, applicationID, conversationID)
		if err != nil {
			return err
		}
		if member, err = memberOf(ctx, tx, c, subject); err != nil {
			return err
		}
		if member == nil || (member.ViaTarget != "") != addressee {
			return chat.ErrNotFound
		}
		member, err = advance(ctx, tx, f, c, member, kind, min(seq, c.LastSeq))
		return err
	})
	if err != nil {
		return nil, err
	}
	return participantProto(member), nil
}

// advance moves a watermark if that is forward, marks the messages that everyone has by now, and tells of it.
func advance(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, before *ent.Participant, kind chat.ReceiptKind, seq int64) (*ent.Participant, error) {
	if !isForward(before, kind, seq) {
		return before, nil
	}
	last, err := tx.Message.Query().Where(message.ConversationID(c.ID), message.Seq(seq)).Only(ctx)
	if err != nil {
		return nil, err
	}
	move := tx.Participant.UpdateOne(before)
	setDelivered(move.Mutation(), c, max(seq, before.DeliveredSeq))
	if kind == chat.Read {
		setRead(move.Mutation(), c, seq)
		move.SetLastReadMessageID(last.ID)
		if err := recount(ctx, tx, c, before, move, seq); err != nil {
			return nil, err
		}
	}
	member, err := move.Save(ctx)
	if err != nil {
		return nil, err
	}
	if err := markMessages(ctx, tx, f, c, before, member); err != nil {
		return nil, err
	}
	f.add(receiptEvent(f, c, member, kind, last))
	return member, nil
}

func isForward(before *ent.Participant, kind chat.ReceiptKind, seq int64) bool {
	if kind == chat.Read {
		return seq > before.ReadSeq
	}
	return seq > before.DeliveredSeq
}

// recount sets whether something is unread to a member, and what of it is their own, once they have read up to a seq.
func recount(ctx context.Context, tx *ent.Tx, c *ent.Conversation, before *ent.Participant, move *ent.ParticipantUpdateOne, seq int64) error {
	own, err := ownAbove(ctx, tx, c, before.Subject, seq)
	if err != nil {
		return err
	}
	move.SetOwnUnread(own)
	if ranked(before) {
		move.SetHasUnread(c.LastSeq > seq+own)
	}
	return nil
}

// receiptEvent tells the members how far one of them has come: all of them where they are few. Where they are not, a
// thousand would be told of each of a thousand, and it is for the member's own devices only.
func receiptEvent(f *feed, c *ent.Conversation, member *ent.Participant, kind chat.ReceiptKind, last *ent.Message) entry {
	e := entry{
		applicationID:  c.ApplicationID,
		conversationID: c.ID,
		kind:           chat.EventReceiptDelivered,
		payload: &chatv1.Event{Seq: last.Seq, Payload: &chatv1.Event_Receipt{Receipt: &chatv1.Receipt{
			ConversationId: c.ID.String(),
			UserId:         member.Subject,
			Seq:            *last.Seq,
			MessageId:      last.ID.String(),
			At:             f.timestamp(),
		}}},
	}
	if kind == chat.Read {
		e.kind = chat.EventReceiptRead
	}
	if c.IsWide || isAnnouncement(c) {
		e.recipient, e.recipientOnly = member.Subject, true
	}
	return e
}

// ownAbove counts a member's own messages above a seq.
func ownAbove(ctx context.Context, tx *ent.Tx, c *ent.Conversation, subject string, seq int64) (int64, error) {
	if seq >= c.LastSeq {
		return 0, nil
	}
	n, err := tx.Message.Query().
		Where(message.ConversationID(c.ID), message.SeqGT(seq), message.SenderSubject(subject)).
		Count(ctx)
	return int64(n), err
}
