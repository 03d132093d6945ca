package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/participant"
)

// countMessage counts a new message: unread to all but its sender, and it moves the conversation up in their lists. One
// statement, whoever takes part.
func countMessage(ctx context.Context, tx *ent.Tx, c *ent.Conversation, sender *ent.Participant, seq, at int64) error {
	if sender != nil && !ranked(sender) {
		if err := countOwn(ctx, tx, sender, seq); err != nil {
			return err
		}
	}
	if c.IsWide {
		return nil
	}
	update := tx.Participant.Update().Where(rankedMembersOf(c)).SetListRank(rank(c.IsPinned, at))
	one := unreadSign(c.ExpiresAt != nil)
	if sender == nil || !ranked(sender) {
		return update.AddUnread(one).Exec(ctx)
	}
	return update.Modify(countForOthers(sender, seq, one)).Exec(ctx)
}

// countForOthers counts a message as one for all but its sender, whose watermarks it moves instead.
func countForOthers(sender *ent.Participant, seq, one int64) func(*sql.UpdateBuilder) {
	read, delivered := watermarksAfterOwn(sender, seq)
	// either is one value for the sender, another for everyone else.
	either := func(own any, others sql.Querier) sql.Querier {
		return sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("CASE WHEN ").Ident(participant.FieldSubject).WriteString(" = ").Arg(sender.Subject)
			b.WriteString(" THEN ").Arg(own).WriteString(" ELSE ").Join(others).WriteString(" END")
		})
	}
	column := func(name string, plus int64) sql.Querier {
		return sql.ExprFunc(func(b *sql.Builder) { b.Ident(name).WriteString(" + ").Arg(plus) })
	}
	return func(u *sql.UpdateBuilder) {
		u.Set(participant.FieldUnread, either(sender.Unread, column(participant.FieldUnread, one)))
		if read != sender.ReadSeq {
			u.Set(participant.FieldReadSeq, either(read, column(participant.FieldReadSeq, 0)))
		}
		if delivered != sender.DeliveredSeq {
			u.Set(participant.FieldDeliveredSeq, either(delivered, column(participant.FieldDeliveredSeq, 0)))
		}
	}
}

// countOwn keeps a sender's own message from being unread to them where unread is what is above a watermark: one who had
// read everything still has, and for another it is counted apart.
func countOwn(ctx context.Context, tx *ent.Tx, sender *ent.Participant, seq int64) error {
	read, delivered := watermarksAfterOwn(sender, seq)
	update := tx.Participant.UpdateOneID(sender.ID).SetReadSeq(read).SetDeliveredSeq(delivered)
	if read == sender.ReadSeq {
		update.AddOwnUnread(1)
	}
	return update.Exec(ctx)
}

// watermarksAfterOwn are a sender's watermarks after their own message: one who has everything before it has it too.
func watermarksAfterOwn(sender *ent.Participant, seq int64) (read, delivered int64) {
	read, delivered = sender.ReadSeq, sender.DeliveredSeq
	if read == seq-1 {
		read = seq
	}
	if delivered == seq-1 {
		delivered = seq
	}
	return read, delivered
}
