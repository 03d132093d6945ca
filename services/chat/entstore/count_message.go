package entstore

import (
	"context"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/participant"
)

// countMessage counts a new message in a transaction that does more: to all but its sender it is unread, and it moves the
// conversation up in everyone's lists. The conversation is as it is with the message. sender is nil where none of the
// members is.
func countMessage(ctx context.Context, tx *ent.Tx, c *ent.Conversation, sender *ent.Participant) error {
	if sender != nil {
		if err := countOwn(ctx, tx, c, sender); err != nil {
			return err
		}
	}
	if c.IsWide {
		return nil
	}
	others := tx.Participant.Update().Where(rankedMembersOf(c))
	if sender != nil {
		others.Where(participant.IDNEQ(sender.ID))
	}
	return others.SetListRank(rank(c.IsPinned, c.LastActivityAt)).SetHasUnread(true).Exec(ctx)
}

// countOwn counts a message in the row of its sender, as a batch of messages does.
func countOwn(ctx context.Context, tx *ent.Tx, c *ent.Conversation, sender *ent.Participant) error {
	s := &seat{row: sender}
	s.count(c.LastSeq, true, c)
	return tx.Participant.UpdateOneID(sender.ID).
		SetNillableListRank(s.row.ListRank).
		SetOwnUnread(s.row.OwnUnread).
		SetReadSeq(s.row.ReadSeq).
		SetDeliveredSeq(s.row.DeliveredSeq).
		SetNillableWideReadSeq(s.row.WideReadSeq).
		SetNillableWideDeliveredSeq(s.row.WideDeliveredSeq).
		Exec(ctx)
}
