package entstore

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	"github.com/palabre/palabre/services/chat"
)

// rankedPage answers the page of the conversations that have a rank of their own in the subject's list. It is read from
// the index of ranks, and ends where the page does.
func (s *Store) rankedPage(ctx context.Context, q chat.ConversationsQuery) ([]listed, error) {
	after, err := afterRank(q.After)
	if err != nil {
		return nil, err
	}
	// One beyond the page shows whether the page ends within conversations of one rank.
	members, err := s.rankedMembers(ctx, q, q.Limit+1, after)
	if err != nil {
		return nil, err
	}
	if last := len(members) - 1; last == q.Limit && *members[last].ListRank == *members[last-1].ListRank {
		if members, err = s.withTies(ctx, q, members, after); err != nil {
			return nil, err
		}
	}
	page := make([]listed, len(members))
	for i, m := range members {
		page[i] = listed{m.Edges.Conversation, m}
	}
	return page, nil
}

// withTies completes the conversations of the lowest rank read: among themselves they are in the order of their own times,
// which the index does not know, so that it may have answered any of them.
func (s *Store) withTies(ctx context.Context, q chat.ConversationsQuery, members []*ent.Participant, after predicate.Participant) ([]*ent.Participant, error) {
	lowest := *members[len(members)-1].ListRank
	above := slices.DeleteFunc(members, func(m *ent.Participant) bool { return *m.ListRank == lowest })
	ties, err := s.rankedMembers(ctx, q, q.Limit-len(above), after, participant.ListRank(lowest), byActivity)
	return append(above, ties...), err
}

// byActivity orders members of conversations that lists show, which are joined, by the conversations' own times.
func byActivity(members *sql.Selector) {
	of := sql.Table(conversation.Table).As("of")
	members.OrderBy(sql.Desc(of.C(conversation.FieldLastActivityAt)), sql.Desc(of.C(conversation.FieldID)))
}

func (s *Store) rankedMembers(ctx context.Context, q chat.ConversationsQuery, limit int, where ...predicate.Participant) ([]*ent.Participant, error) {
	return s.read.Participant.Query().
		Where(participant.ApplicationID(q.ApplicationID), participant.Subject(q.Subject), participant.ListRankGT(0)).
		Where(ofShown(q)).
		Where(where...).
		Order(participant.ByListRank(sql.OrderDesc())).
		Limit(limit).
		WithConversation().
		All(ctx)
}

// afterRank is everything behind a key among conversations that have ranks. The first condition says nothing that the
// second does not, but an index can begin there. Among those of one rank the conversation's own time decides.
func afterRank(key *chat.ConversationKey) (predicate.Participant, error) {
	if key == nil {
		return participant.ListRankNotNil(), nil
	}
	id, err := uuid.Parse(key.ID)
	if err != nil {
		return nil, err
	}
	place := rank(key.Pinned, key.LastActivityAt)
	return participant.And(
		participant.ListRankLTE(place),
		participant.Or(participant.ListRankLT(place), func(participants *sql.Selector) {
			of := sql.Table(conversation.Table).As("of")
			participants.Where(sql.Or(
				sql.LT(of.C(conversation.FieldLastActivityAt), key.LastActivityAt),
				sql.And(sql.EQ(of.C(conversation.FieldLastActivityAt), key.LastActivityAt), sql.LT(of.C(conversation.FieldID), id)),
			))
		}),
	), nil
}

// widePage answers the page of the wide conversations that the subject is in. All of these are looked at, as nobody is in
// very many. It goes out from the memberships: they are fewer than the conversations of an application.
func (s *Store) widePage(ctx context.Context, q chat.ConversationsQuery) ([]listed, error) {
	var wide []uuid.UUID
	err := s.read.Participant.Query().
		Where(participant.ApplicationID(q.ApplicationID), participant.Subject(q.Subject), participant.ListRank(0)).
		Select(participant.FieldConversationID).
		Scan(ctx, &wide)
	if err != nil {
		return nil, err
	}
	return s.pageOf(ctx, q, wide)
}

// announcementPage answers the page of the announcements that the subject is in the audience of.
func (s *Store) announcementPage(ctx context.Context, q chat.ConversationsQuery) ([]listed, error) {
	return s.pageOf(ctx, q, parseIDs(q.Announcements))
}

// pageOf answers the page of some conversations, in the order of their own place.
func (s *Store) pageOf(ctx context.Context, q chat.ConversationsQuery, some []uuid.UUID) ([]listed, error) {
	if len(some) == 0 {
		return nil, nil
	}
	where := []predicate.Conversation{conversation.IDIn(some...), isShown(q)}
	if q.After != nil {
		id, err := uuid.Parse(q.After.ID)
		if err != nil {
			return nil, err
		}
		where = append(where, after(*q.After, id))
	}
	rows, err := s.read.Conversation.Query().
		Where(where...).
		Order(conversation.ByIsPinned(sql.OrderDesc()), conversation.ByLastActivityAt(sql.OrderDesc()), conversation.ByID(sql.OrderDesc())).
		Limit(q.Limit).
		All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return s.withMember(ctx, rows, q.Subject)
}

// after is everything behind a key in the order of lists.
func after(key chat.ConversationKey, id uuid.UUID) predicate.Conversation {
	behind := conversation.And(
		conversation.IsPinned(key.Pinned),
		conversation.Or(
			conversation.LastActivityAtLT(key.LastActivityAt),
			conversation.And(conversation.LastActivityAt(key.LastActivityAt), conversation.IDLT(id)),
		),
	)
	if key.Pinned {
		return conversation.Or(behind, conversation.IsPinned(false))
	}
	return behind
}

// withMember adds the subject's own place in conversations to them.
func (s *Store) withMember(ctx context.Context, rows []*ent.Conversation, subject string) ([]listed, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	members, err := s.read.Participant.Query().
		Where(participant.ConversationIDIn(ids...), participant.Subject(subject)).
		All(ctx)
	if err != nil {
		return nil, err
	}
	mine := make(map[uuid.UUID]*ent.Participant, len(members))
	for _, m := range members {
		mine[m.ConversationID] = m
	}
	page := make([]listed, len(rows))
	for i, row := range rows {
		page[i] = listed{row, mine[row.ID]}
	}
	return page, nil
}

// isShown holds for conversations that lists show: the application's, but for the deleted, and to everyone but their
// author for the expired.
func isShown(q chat.ConversationsQuery) predicate.Conversation {
	return func(conversations *sql.Selector) { conversations.Where(shown(q, conversations.C)) }
}

// ofShown holds for participants of conversations that lists show. It is a join, so that the database can go through the
// participants in their order and look up the conversation of each.
func ofShown(q chat.ConversationsQuery) predicate.Participant {
	return func(participants *sql.Selector) {
		of := sql.Table(conversation.Table).As("of")
		participants.Join(of).On(participants.C(participant.FieldConversationID), of.C(conversation.FieldID))
		participants.Where(shown(q, of.C))
	}
}

func shown(q chat.ConversationsQuery, column func(string) string) *sql.Predicate {
	where := []*sql.Predicate{
		// Said so that no index of an application's conversations is taken for it: rows are found by their ids.
		sql.Not(sql.NEQ(column(conversation.FieldApplicationID), q.ApplicationID)),
		sql.IsNull(column(conversation.FieldDeletedAt)),
		sql.Or(
			sql.IsNull(column(conversation.FieldExpiresAt)),
			sql.GT(column(conversation.FieldExpiresAt), q.Now.UnixMicro()),
			sql.EQ(column(conversation.FieldCreatedBy), q.Subject),
		),
	}
	if len(q.Types) > 0 {
		types := make([]any, len(q.Types))
		for i, t := range q.Types {
			types[i] = t.String()
		}
		where = append(where, sql.In(column(conversation.FieldType), types...))
	}
	return sql.And(where...)
}

// parseIDs leaves out what is no id: there is nothing that has it.
func parseIDs(ids []string) []uuid.UUID {
	keys := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if key, err := uuid.Parse(id); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}
