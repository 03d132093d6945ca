package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
)

// A message is delivered, or read, by everyone once no member but its sender has still to receive or read it. That comes
// about by a step of one who had not: a watermark that moves, or their leaving. It is then kept in the message, and stays
// so whoever joins.

// markMessages marks the messages that a member's watermarks went over and that everyone has by now. An announcement's
// readers are not its members, so of its messages it cannot be said.
func markMessages(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, before, after *ent.Participant) error {
	if isAnnouncement(c) {
		return nil
	}
	byOthers := message.SenderSubjectNEQ(after.Subject)
	if after.DeliveredSeq > before.DeliveredSeq {
		if err := markDelivered(ctx, tx, f, c, before.DeliveredSeq, after.DeliveredSeq, byOthers); err != nil {
			return err
		}
	}
	if after.ReadSeq > before.ReadSeq {
		return markRead(ctx, tx, f, c, before.ReadSeq, after.ReadSeq, byOthers)
	}
	return nil
}

// markAfterLeaving marks the messages that only one who has left had still to receive or read.
func markAfterLeaving(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, left *ent.Participant) error {
	if isAnnouncement(c) {
		return nil
	}
	to, others, err := reachWithout(ctx, tx, c, left, deliveredColumn(c))
	if err != nil {
		return err
	}
	if to > left.DeliveredSeq {
		if err := markDelivered(ctx, tx, f, c, left.DeliveredSeq, to, others); err != nil {
			return err
		}
	}
	if to, others, err = reachWithout(ctx, tx, c, left, readColumn(c)); err != nil {
		return err
	}
	if to > left.ReadSeq {
		return markRead(ctx, tx, f, c, left.ReadSeq, to, others)
	}
	return nil
}

// reachWithout is the last message that everyone but its sender can have now that one has left, and of whom the messages
// are that this is about. Two members who are behind rule a message out, since it has one sender: so the two lowest
// watermarks say it, and no history is looked through in vain. A member who is left alone has nobody to have theirs.
func reachWithout(ctx context.Context, tx *ent.Tx, c *ent.Conversation, left *ent.Participant, watermark string) (int64, predicate.Message, error) {
	var lowest []struct {
		Subject   string
		Watermark int64
	}
	members := tx.Participant.Query().Where(participant.ConversationID(c.ID), participant.LeftAtIsNil())
	if c.IsWide {
		members.Where(ofWide)
	}
	err := members.
		Order(sql.OrderByField(watermark).ToFunc()).
		Limit(2).
		Modify(func(s *sql.Selector) {
			s.Select(s.C(participant.FieldSubject), sql.As(s.C(watermark), "watermark"))
		}).
		Scan(ctx, &lowest)
	if err != nil || len(lowest) == 0 {
		return 0, nil, err
	}
	if len(lowest) == 1 {
		return lowest[0].Watermark, message.SenderSubjectNotIn(left.Subject, lowest[0].Subject), nil
	}
	return lowest[1].Watermark, message.SenderSubjectNEQ(left.Subject), nil
}

// markDelivered marks those of a stretch of messages that everyone but their sender has received.
func markDelivered(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, from, to int64, by predicate.Message) error {
	return tx.Message.Update().
		Where(message.ConversationID(c.ID), message.SeqGT(from), message.SeqLTE(to), by,
			message.DeliveredAtIsNil(), everyoneElseHas(deliveredColumn(c), c.IsWide)).
		SetDeliveredAt(f.at()).
		Exec(ctx)
}

// markRead marks those of a stretch of messages that everyone but their sender has read.
func markRead(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, from, to int64, by predicate.Message) error {
	return tx.Message.Update().
		Where(message.ConversationID(c.ID), message.SeqGT(from), message.SeqLTE(to), by,
			message.ReadAtIsNil(), everyoneElseHas(readColumn(c), c.IsWide)).
		SetReadAt(f.at()).
		Exec(ctx)
}

// everyoneElseHas holds for messages that no present member but the sender has still to get to.
func everyoneElseHas(watermark string, wide bool) predicate.Message {
	return func(messages *sql.Selector) {
		behind := sql.Table(participant.Table).As("behind")
		members := sql.Select(behind.C(participant.FieldID)).From(behind).Where(sql.And(
			sql.ColumnsEQ(behind.C(participant.FieldConversationID), messages.C(message.FieldConversationID)),
			sql.IsNull(behind.C(participant.FieldLeftAt)),
			sql.ColumnsLT(behind.C(watermark), messages.C(message.FieldSeq)),
			sql.ColumnsNEQ(behind.C(participant.FieldSubject), messages.C(message.FieldSenderSubject)),
		))
		if wide {
			ofWide(members)
		}
		messages.Where(sql.NotExists(members))
	}
}
