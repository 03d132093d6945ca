package entstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
)

// entTx is a sendTx on SQLite, MySQL and MariaDB.
type entTx struct {
	*ent.Tx
	on       string
	rowLocks bool
}

func (tx entTx) lock(ctx context.Context, ids []uuid.UUID) ([]*ent.Conversation, error) {
	q := tx.Conversation.Query().
		Where(among(conversation.FieldID, ids), conversation.DeletedAtIsNil()).
		Order(conversation.ByID())
	if tx.rowLocks {
		q = q.ForUpdate()
	}
	return q.All(ctx)
}

func (tx entTx) read(ctx context.Context, q sendQuery) ([]*ent.Message, []*ent.Participant, error) {
	stored, err := tx.Message.Query().Where(among(message.FieldID, q.messages)).All(ctx)
	if err != nil {
		return nil, nil, err
	}
	members, err := tx.members(ctx, q.all)
	if err != nil {
		return nil, nil, err
	}
	some, err := tx.members(ctx, q.some, participant.SubjectIn(q.subjects...))
	return stored, append(members, some...), err
}

// members reads present members of conversations.
func (tx entTx) members(ctx context.Context, conversations []uuid.UUID, which ...predicate.Participant) ([]*ent.Participant, error) {
	if len(conversations) == 0 {
		return nil, nil
	}
	return tx.Participant.Query().
		Where(among(participant.FieldConversationID, conversations), participant.LeftAtIsNil()).
		Where(which...).
		All(ctx)
}

// write writes some statements, whatever the number of rows.
func (tx entTx) write(ctx context.Context, messages, conversations, participants rows) error {
	if err := messages.insert(ctx, tx, tx.on, message.Table); err != nil {
		return err
	}
	if err := conversations.update(ctx, tx, tx.on, conversation.Table); err != nil {
		return err
	}
	return participants.update(ctx, tx, tx.on, participant.Table)
}
