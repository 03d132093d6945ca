package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// A member's row has about the conversation's place in their list and whether something is unread to them, so that a list is
// read in its own order from an index, however long it is. The price is paid by writers: a message may touch the row of every
// member. It is not paid in wide conversations, of which nobody has many, nor in announcements, whose readers have no rows:
// there both follow from the conversation's own row, and only an announcement's author has a place of their own.
//
// Most messages change nothing of it: a rank is that of about a minute, within which the conversation's own time decides, and
// what is unread already stays so. What a message then changes, its sender's watermarks, is in no index, which makes it
// half as dear to PostgreSQL.

// pinnedRank is what a pin adds to a rank: more than any time does.
const pinnedRank = 1 << 60

// rankSpan is how many microseconds have one rank, but for 1: 67 seconds. The longer, the fewer messages write it, and the
// more conversations are put in order when a page is read that ends among those of one rank.
const rankSpan = 1<<26 - 1

// maxCounted is how many participants a conversation may have whose messages touch the row of each. One that ever had
// more is wide, for good.
const maxCounted = 50

// rank is about a conversation's place in lists: the greater comes first.
func rank(pinned bool, lastActivityAt int64) int64 {
	if pinned {
		return lastActivityAt | rankSpan | pinnedRank
	}
	return lastActivityAt | rankSpan
}

// ranked says whether a member's own row has their place and whether something is unread, rather than the conversation's.
func ranked(p *ent.Participant) bool { return p.ListRank != nil && *p.ListRank > 0 }

// rankOf is the rank that the row of a present member begins with.
func rankOf(c *ent.Conversation, subject string) *int64 {
	place := rank(c.IsPinned, c.LastActivityAt)
	switch {
	case isAnnouncement(c):
		if subject != c.CreatedBy {
			return nil
		}
	case c.IsWide:
		place = 0
	}
	return &place
}

// rankedMembersOf are the members whose rows have to be kept with the conversation.
func rankedMembersOf(c *ent.Conversation) predicate.Participant {
	where := []predicate.Participant{participant.ConversationID(c.ID), participant.LeftAtIsNil(), participant.ListRankGT(0)}
	if isAnnouncement(c) {
		// Nobody else has a rank there, and it may have many who wrote an answer.
		where = append(where, participant.Subject(c.CreatedBy))
	}
	return participant.And(where...)
}

// ofWide holds for members of wide conversations. It is a constant in the statement and no argument of it, so that
// databases see that it is what partial indexes hold for.
func ofWide(members *sql.Selector) {
	members.Where(sql.P(func(b *sql.Builder) { b.Ident(members.C(participant.FieldListRank)).WriteString(" = 0") }))
}

func isAnnouncement(c *ent.Conversation) bool {
	return c.Type == chatv1.Conversation_announcement.String()
}

// isWideWith says whether a conversation that has so many participants is wide.
func isWideWith(c *ent.Conversation, participants int32) bool {
	return c.IsWide || participants > maxCounted && !isAnnouncement(c)
}

// widen makes the rows of a conversation's members those of a wide one. The order of the assignments matters: MySQL
// computes each from what those before it have left.
func widen(ctx context.Context, tx *ent.Tx, c *ent.Conversation) error {
	same := func(column string) sql.Querier {
		return sql.ExprFunc(func(b *sql.Builder) { b.Ident(column) })
	}
	return tx.Participant.Update().
		Where(rankedMembersOf(c)).
		Modify(func(u *sql.UpdateBuilder) {
			u.Set(participant.FieldWideDeliveredSeq, same(participant.FieldDeliveredSeq))
			u.Set(participant.FieldWideReadSeq, same(participant.FieldReadSeq))
			u.Set(participant.FieldHasUnread, false)
			u.Set(participant.FieldListRank, 0)
		}).
		Exec(ctx)
}

// rerank puts a conversation into another place of its members' lists.
func rerank(ctx context.Context, tx *ent.Tx, c *ent.Conversation, pinned bool) error {
	return tx.Participant.Update().
		Where(rankedMembersOf(c)).
		SetListRank(rank(pinned, c.LastActivityAt)).
		Exec(ctx)
}

// unlist takes a conversation out of everyone's list.
func unlist(ctx context.Context, tx *ent.Tx, c *ent.Conversation) error {
	return tx.Participant.Update().
		Where(participant.ConversationID(c.ID), participant.LeftAtIsNil()).
		ClearListRank().
		SetHasUnread(false).
		Exec(ctx)
}
