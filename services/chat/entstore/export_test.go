package entstore

import (
	"github.com/google/uuid"
)

// PipelineStatements are those of a pipeline that find rows, with arguments: it does not run through ent.
func PipelineStatements(id uuid.UUID) map[string][]any {
	conversations, participants := conversationRows(), participantRows()
	conversations.add(id, 1, id, 1, 1)
	participants.add(id, 1, true, 1, 1, 1, 1, 1)
	return map[string][]any{
		lockConversations:   {raw([]uuid.UUID{id})},
		selectStored:        {raw([]uuid.UUID{id})},
		selectMembers:       {raw([]uuid.UUID{id})},
		selectSomeMembers:   {raw([]uuid.UUID{id}), []string{"alice"}},
		updateConversations: conversations.arrayArgs(),
		updateParticipants:  participants.arrayArgs(),
	}
}
