package entstore

import (
	"context"

	"github.com/palabre/palabre/ent"
)

// countMessage counts a new message of the system: unread to everyone, and it moves the conversation up in their lists.
func countMessage(ctx context.Context, tx *ent.Tx, c *ent.Conversation, at int64) error {
	if c.IsWide {
		return nil
	}
	return tx.Participant.Update().
		Where(rankedMembersOf(c)).
		SetListRank(rank(c.IsPinned, at)).
		SetHasUnread(true).
		Exec(ctx)
}
