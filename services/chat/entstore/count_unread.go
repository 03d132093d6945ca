package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/services/chat"
)

// CountUnread implements chat.Store.
func (s *Store) CountUnread(ctx context.Context, q chat.ConversationsQuery) (int64, error) {
	total := 0
	for _, count := range []func(context.Context, chat.ConversationsQuery) (int, error){
		s.countLasting, s.countExpiring, s.countWide, s.countAnnouncements,
	} {
		n, err := count(ctx, q)
		if err != nil {
			return 0, wrap("count unread", err)
		}
		total += n
	}
	return int64(total), nil
}

// countLasting adds up the counts of the subject's own rows in conversations without an expiry date: from an index alone,
// so that it takes no look at ten thousand conversations, unless only some types count.
func (s *Store) countLasting(ctx context.Context, q chat.ConversationsQuery) (int, error) {
	counted := s.read.Participant.Query().
		Where(participant.ApplicationID(q.ApplicationID), participant.Subject(q.Subject), participant.UnreadGT(0), hasUnread)
	if len(q.Types) > 0 {
		counted.Where(ofShown(q))
	}
	return counted.
		Aggregate(sum(func(s *sql.Selector) string { return s.C(participant.FieldUnread) })).
		Int(ctx)
}

// hasUnread is what the index of unread counts holds for.
func hasUnread(members *sql.Selector) {
	members.Where(sql.P(func(b *sql.Builder) { b.Ident(members.C(participant.FieldUnread)).WriteString(" <> 0") }))
}

// countExpiring adds up the counts of the subject's own rows in conversations that have an expiry date, but for those that
// have expired.
func (s *Store) countExpiring(ctx context.Context, q chat.ConversationsQuery) (int, error) {
	return s.read.Participant.Query().
		Where(participant.ApplicationID(q.ApplicationID), participant.Subject(q.Subject), participant.UnreadLT(0), hasUnread, ofShown(q)).
		Aggregate(sum(func(s *sql.Selector) string { return "-" + s.C(participant.FieldUnread) })).
		Int(ctx)
}

// countWide adds up what is above the subject's watermarks in the wide conversations that they are in.
func (s *Store) countWide(ctx context.Context, q chat.ConversationsQuery) (int, error) {
	of := sql.Table(conversation.Table).As("of")
	return s.read.Participant.Query().
		Where(participant.ApplicationID(q.ApplicationID), participant.Subject(q.Subject), participant.ListRank(0), ofShown(q)).
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
