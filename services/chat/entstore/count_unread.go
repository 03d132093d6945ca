package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	"github.com/palabre/palabre/services/chat"
)

// CountUnread implements chat.Store.
func (s *Store) CountUnread(ctx context.Context, q chat.ConversationsQuery) (int64, error) {
	total := 0
	for _, count := range []func(context.Context, chat.ConversationsQuery) (int, error){
		s.countRanked, s.countWide, s.countAnnouncements,
	} {
		n, err := count(ctx, q)
		if err != nil {
			return 0, wrap("count unread", err)
		}
		total += n
	}
	return int64(total), nil
}

// countRanked adds up what is unread in the subject's own conversations: an index knows those with something unread.
func (s *Store) countRanked(ctx context.Context, q chat.ConversationsQuery) (int, error) {
	return s.countMine(ctx, q, hasUnread)
}

// hasUnread is what the index of conversations with something unread holds for.
func hasUnread(members *sql.Selector) {
	members.Where(sql.P(func(b *sql.Builder) { b.Ident(members.C(participant.FieldHasUnread)) }))
}

// countWide adds up what is unread in the wide conversations that the subject is in.
func (s *Store) countWide(ctx context.Context, q chat.ConversationsQuery) (int, error) {
	return s.countMine(ctx, q, participant.ListRank(0))
}

// countMine adds up what is above the subject's watermarks in some of the conversations that they are in.
func (s *Store) countMine(ctx context.Context, q chat.ConversationsQuery, which predicate.Participant) (int, error) {
	of := sql.Table(conversation.Table).As("of")
	return s.read.Participant.Query().
		Where(participant.ApplicationID(q.ApplicationID), participant.Subject(q.Subject), which, ofShown(q)).
		Aggregate(sum(func(s *sql.Selector) string {
			return of.C(conversation.FieldLastSeq) + " - " + s.C(participant.FieldReadSeq) + " - " + s.C(participant.FieldOwnUnread)
		})).
		Int(ctx)
}

// countAnnouncements adds up what is unread of the announcements that the subject is in the audience of, but for those
// that are counted in a row of theirs.
func (s *Store) countAnnouncements(ctx context.Context, q chat.ConversationsQuery) (int, error) {
	if len(q.Announcements) == 0 {
		return 0, nil
	}
	mine := sql.Table(participant.Table).As("mine")
	return s.read.Conversation.Query().
		Where(
			conversation.IDIn(parseIDs(q.Announcements)...), isShown(q),
			func(conversations *sql.Selector) {
				conversations.LeftJoin(mine).OnP(sql.And(
					sql.ColumnsEQ(mine.C(participant.FieldConversationID), conversations.C(conversation.FieldID)),
					sql.EQ(mine.C(participant.FieldSubject), q.Subject),
				))
				conversations.Where(sql.IsNull(mine.C(participant.FieldListRank)))
			},
		).
		Aggregate(sum(func(s *sql.Selector) string {
			return s.C(conversation.FieldLastSeq) +
				" - COALESCE(" + mine.C(participant.FieldReadSeq) + " + " + mine.C(participant.FieldOwnUnread) + ", 0)"
		})).
		Int(ctx)
}

// sum adds up an expression, to 0 where there is nothing to add.
func sum(expression func(*sql.Selector) string) ent.AggregateFunc {
	return func(s *sql.Selector) string { return "COALESCE(SUM(" + expression(s) + "), 0)" }
}
