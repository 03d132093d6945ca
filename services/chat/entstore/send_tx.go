package entstore

import (
	"context"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/internal/database"
)

// entTx is a sendTx on SQLite, MySQL and MariaDB. Its reads are written by hand: every message waits for them, and ent's
// take longer than what they ask for.
type entTx struct {
	*ent.Tx
	on       string
	rowLocks bool
}

// What a batch reads of conversations, members and messages, in the order of lockedFields, seatedFields and storedFields.
var (
	lockedColumns = columnList([]string{conversation.FieldID, conversation.FieldApplicationID, conversation.FieldIsWide}, conversationColumns)
	seatedColumns = columnList([]string{participant.FieldConversationID}, memberColumns)
	storedColumns = columnList([]string{message.FieldConversationID, message.FieldFingerprint}, historyColumns)
)

func columnList(some, others []string) string {
	return strings.Join(some, ", ") + ", " + strings.Join(others, ", ")
}

func lockedFields(c *ent.Conversation) []any {
	return append([]any{&c.ID, &c.ApplicationID, &c.IsWide}, conversationFields(c)...)
}

func seatedFields(p *ent.Participant) []any {
	return append([]any{&p.ConversationID}, memberFields(p)...)
}

func storedFields(m *ent.Message) []any {
	return append([]any{&m.ConversationID, &m.Fingerprint}, historyFields(m)...)
}

func (tx entTx) lock(ctx context.Context, ids, messages, narrow []uuid.UUID) (locked, error) {
	var found locked
	among, args := tx.among(conversation.FieldID, ids)
	q := "SELECT " + lockedColumns + " FROM " + conversation.Table + " WHERE " + among + " AND deleted_at IS NULL ORDER BY id"
	if tx.rowLocks {
		q += " FOR UPDATE"
	}
	var err error
	if found.conversations, err = selectInto(ctx, tx, q, args, lockedFields); err != nil {
		return found, err
	}
	among, args = tx.among(message.FieldID, messages)
	q = "SELECT " + storedColumns + " FROM " + message.Table + " WHERE " + among
	if found.messages, err = selectInto(ctx, tx, q, args, storedFields); err != nil {
		return found, err
	}
	found.members, err = tx.membersOf(ctx, narrow, "")
	return found, err
}

func (tx entTx) members(ctx context.Context, q membersQuery) ([]*ent.Participant, error) {
	members, err := tx.membersOf(ctx, q.all, "")
	if err != nil || len(q.some) == 0 {
		return members, err
	}
	subjects := make([]any, len(q.subjects))
	for i, subject := range q.subjects {
		subjects[i] = subject
	}
	some, err := tx.membersOf(ctx, q.some, " AND subject IN ("+placeholders(len(subjects))+")", subjects...)
	return append(members, some...), err
}

// membersOf reads present members of conversations.
func (tx entTx) membersOf(ctx context.Context, conversations []uuid.UUID, which string, whichArgs ...any) ([]*ent.Participant, error) {
	if len(conversations) == 0 {
		return nil, nil
	}
	among, args := tx.among(participant.FieldConversationID, conversations)
	q := "SELECT " + seatedColumns + " FROM " + participant.Table + " WHERE " + among + " AND left_at IS NULL" + which
	return selectInto(ctx, tx, q, append(args, whichArgs...), seatedFields)
}

// among is a condition, of one text for SQLite whatever the number of ids.
func (tx entTx) among(column string, ids []uuid.UUID) (string, []any) {
	if tx.on == dialect.SQLite {
		return column + " IN (SELECT value FROM json_each(?))", []any{jsonOf(ids)}
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return column + " IN (" + placeholders(len(ids)) + ")", args
}

// selectInto reads the rows of a query.
func selectInto[T any](ctx context.Context, tx entTx, q string, args []any, fields func(*T) []any) ([]*T, error) {
	var list []*T
	var row T
	err := database.EachRow(ctx, tx, q, args, func() {
		one := row
		list = append(list, &one)
	}, fields(&row)...)
	return list, err
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
