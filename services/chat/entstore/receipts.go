package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// AdvanceReceipt implements chat.Store.
func (s *Store) AdvanceReceipt(ctx context.Context, applicationID, conversationID, subject string, kind chat.ReceiptKind, seq int64) (*chatv1.Participant, error) {
	var member *ent.Participant
	err := s.change(ctx, "advance receipt", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		c, err := s.lockConversation(ctx, tx, applicationID, conversationID)
		if err != nil {
			return err
		}
		if member, err = memberOf(ctx, tx, c, subject); err != nil {
			return err
		}
		if member == nil {
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

// advance moves a watermark if that is forward, marks the messages that everyone has by now, and tells the members.
func advance(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, before *ent.Participant, kind chat.ReceiptKind, seq int64) (*ent.Participant, error) {
	move := tx.Participant.UpdateOne(before)
	eventKind := chat.EventReceiptDelivered
	if seq > before.DeliveredSeq {
		move.SetDeliveredSeq(seq)
	}
	if kind == chat.Read {
		eventKind = chat.EventReceiptRead
		if seq <= before.ReadSeq {
			return before, nil
		}
		own, err := ownAbove(ctx, tx, c, before.Subject, seq)
		if err != nil {
			return nil, err
		}
		move.SetReadSeq(seq).SetOwnUnread(own)
	} else if seq <= before.DeliveredSeq {
		return before, nil
	}
	last, err := tx.Message.Query().Where(message.ConversationID(c.ID), message.Seq(seq)).Only(ctx)
	if err != nil {
		return nil, err
	}
	if kind == chat.Read {
		move.SetLastReadMessageID(last.ID)
	}
	member, err := move.Save(ctx)
	if err != nil {
		return nil, err
	}
	if err := markMessages(ctx, tx, f, before, member); err != nil {
		return nil, err
	}
	f.add(entry{
		applicationID:  c.ApplicationID,
		conversationID: c.ID,
		kind:           eventKind,
		payload: &chatv1.Event{Seq: &seq, Payload: &chatv1.Event_Receipt{Receipt: &chatv1.Receipt{
			ConversationId: c.ID.String(),
			UserId:         member.Subject,
			Seq:            seq,
			MessageId:      last.ID.String(),
			At:             f.timestamp(),
		}}},
	})
	return member, nil
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

// markMessages says of the messages a watermark went over that everyone else has them, or has read them, where that has
// become true.
func markMessages(ctx context.Context, tx *ent.Tx, f *feed, before, after *ent.Participant) error {
	passed := func(from, to int64, watermark string, unset predicate.Message) []predicate.Message {
		return []predicate.Message{
			message.ConversationID(after.ConversationID),
			message.SeqGT(from),
			message.SeqLTE(to),
			message.SenderSubjectNEQ(after.Subject),
			unset,
			everyoneElseHas(watermark),
		}
	}
	if after.DeliveredSeq > before.DeliveredSeq {
		err := tx.Message.Update().
			Where(passed(before.DeliveredSeq, after.DeliveredSeq, participant.FieldDeliveredSeq, message.DeliveredAtIsNil())...).
			SetDeliveredAt(f.at()).
			Exec(ctx)
		if err != nil {
			return err
		}
	}
	if after.ReadSeq > before.ReadSeq {
		return tx.Message.Update().
			Where(passed(before.ReadSeq, after.ReadSeq, participant.FieldReadSeq, message.ReadAtIsNil())...).
			SetReadAt(f.at()).
			Exec(ctx)
	}
	return nil
}

// everyoneElseHas holds for messages that no present member but the sender has still to get to.
func everyoneElseHas(watermark string) predicate.Message {
	return func(messages *sql.Selector) {
		behind := sql.Table(participant.Table).As("behind")
		messages.Where(sql.NotExists(
			sql.Select(behind.C(participant.FieldID)).From(behind).Where(sql.And(
				sql.ColumnsEQ(behind.C(participant.FieldConversationID), messages.C(message.FieldConversationID)),
				sql.IsNull(behind.C(participant.FieldLeftAt)),
				sql.ColumnsLT(behind.C(watermark), messages.C(message.FieldSeq)),
				sql.ColumnsNEQ(behind.C(participant.FieldSubject), messages.C(message.FieldSenderSubject)),
			)),
		))
	}
}
