package entstore

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// ListCompanions implements chat.Store. It does not join, so that each of its statements is a search in one index.
func (s *Store) ListCompanions(ctx context.Context, applicationID string, subjects []string) ([][]string, error) {
	ids, err := s.conversationsOf(ctx, applicationID, subjects)
	if err != nil {
		return nil, wrap("list companions", err)
	}
	members := map[uuid.UUID][]string{}
	for some := range slices.Chunk(ids, statementRows) {
		rows, err := s.read.Participant.Query().
			Where(participant.ConversationIDIn(some...), present()).
			Select(participant.FieldConversationID, participant.FieldSubject).
			All(ctx)
		if err != nil {
			return nil, wrap("list companions", err)
		}
		for _, row := range rows {
			members[row.ConversationID] = append(members[row.ConversationID], row.Subject)
		}
	}
	return slices.Collect(maps.Values(members)), nil
}

// conversationsOf answers the conversations, but announcements, that any of some subjects is in, each once.
func (s *Store) conversationsOf(ctx context.Context, applicationID string, subjects []string) ([]uuid.UUID, error) {
	found := map[uuid.UUID]struct{}{}
	for some := range slices.Chunk(subjects, statementRows) {
		rows, err := s.read.Participant.Query().
			Where(participant.ApplicationID(applicationID), participant.SubjectIn(some...), present()).
			Select(participant.FieldConversationID).
			All(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			found[row.ConversationID] = struct{}{}
		}
	}
	var ids []uuid.UUID
	for some := range slices.Chunk(slices.Collect(maps.Keys(found)), statementRows) {
		rows, err := s.read.Conversation.Query().Where(conversation.IDIn(some...), lasting()).IDs(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, rows...)
	}
	return ids, nil
}

// FilterCompanions implements chat.Store.
func (s *Store) FilterCompanions(ctx context.Context, applicationID, subject string, among []string) ([]string, error) {
	var found []string
	err := s.read.Participant.Query().
		Where(participant.ApplicationID(applicationID), participant.SubjectIn(among...), present(),
			participant.HasConversationWith(lasting(), conversation.HasParticipantsWith(
				participant.ApplicationID(applicationID), participant.Subject(subject), present()))).
		Unique(true).
		Select(participant.FieldSubject).
		Scan(ctx, &found)
	return found, wrap("filter companions", err)
}

// present holds for those who are in a conversation now, by themselves.
func present() predicate.Participant { return participant.And(participant.LeftAtIsNil(), named()) }

// lasting holds for conversations that were not deleted, and are no announcements.
func lasting() predicate.Conversation {
	return conversation.And(conversation.DeletedAtIsNil(), conversation.TypeNEQ(chatv1.Conversation_announcement.String()))
}
