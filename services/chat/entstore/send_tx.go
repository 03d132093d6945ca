package entstore

import (
	"context"
	"database/sql"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/internal/database"
)

// statementTx is a sendTx on SQLite, MySQL and MariaDB. Its reads are written by hand: every message waits for them, and ent's
// take longer than what they ask for.
type statementTx struct {
	session
	on       string
	rowLocks bool
	// files is for messages with attachments.
	files attachmentsTx
}

// onConnection runs a batch on SQLite in a transaction, and rings the bells when it committed events.
func (s *Store) onConnection(ctx context.Context, b *sendBatch) error {
	f := s.newFeed()
	err := s.database.InTransaction(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if err := b.run(ctx, statementTx{session: conn, on: s.dialect}, f); err != nil {
			return err
		}
		return f.finish(ctx, conn, s.dialect)
	})
	if err == nil {
		s.committed(f)
	}
	return err
}

// What a batch reads of conversations, members and messages, in the order of lockedFields, seatedFields and storedFields.
var (
	lockedColumns = columnList([]string{conversation.FieldID, conversation.FieldApplicationID, conversation.FieldIsWide}, conversationColumns)
	seatedColumns = columnList([]string{participant.FieldConversationID}, memberColumns)
	storedColumns = columnList([]string{message.FieldConversationID, message.FieldFingerprint}, historyColumns)
)

// skipLocked has a query that locks rows pass over those that somebody else has locked. MariaDB knows it since 10.6.
const skipLocked = " SKIP LOCKED"

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

func (tx statementTx) lock(ctx context.Context, ids, narrow []uuid.UUID, wait bool) (locked, error) {
	if tx.on == dialect.SQLite && len(ids) == 1 && len(narrow) == 1 {
		if found, err := tx.lockOne(ctx, ids[0]); err != nil || len(found.conversations) > 0 {
			return found, err
		}
	}
	var found locked
	among, args := tx.among(conversation.FieldID, ids)
	q := "SELECT " + lockedColumns + " FROM " + conversation.Table + " WHERE " + among + " AND deleted_at IS NULL"
	if tx.rowLocks {
		q += " ORDER BY id FOR UPDATE"
	}
	if !wait {
		q += skipLocked
	}
	var err error
	if found.conversations, err = selectInto(ctx, tx, q, args, lockedFields); err != nil {
		return found, err
	}
	found.members, err = tx.membersOf(ctx, narrow, "")
	return found, err
}

// lockOneText reads a conversation with its present members, each in a row.
var lockOneText = "SELECT " + qualified("c.", lockedColumns) + ", " + qualified("p.", seatedColumns) +
	" FROM " + conversation.Table + " c JOIN " + participant.Table + " p ON p.conversation_id = c.id" +
	" WHERE c.id = ? AND c.deleted_at IS NULL AND p.left_at IS NULL"

func qualified(table, columns string) string {
	return table + strings.ReplaceAll(columns, ", ", ", "+table)
}

// lockOne is lock of one conversation, the lone message's, by one query instead of two. It finds none that has no members.
func (tx statementTx) lockOne(ctx context.Context, id uuid.UUID) (locked, error) {
	var found locked
	c, p := ent.Conversation{}, ent.Participant{}
	err := database.EachRow(ctx, tx, lockOneText, []any{id}, func() {
		member := p
		found.members = append(found.members, &member)
	}, append(lockedFields(&c), seatedFields(&p)...)...)
	if len(found.members) > 0 {
		found.conversations = []*ent.Conversation{&c}
	}
	return found, err
}

func (tx statementTx) stored(ctx context.Context, ids []uuid.UUID) ([]*ent.Message, error) {
	among, args := tx.among(message.FieldID, ids)
	return selectInto(ctx, tx, "SELECT "+storedColumns+" FROM "+message.Table+" WHERE "+among, args, storedFields)
}

func (tx statementTx) members(ctx context.Context, q membersQuery) ([]*ent.Participant, error) {
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
func (tx statementTx) membersOf(ctx context.Context, conversations []uuid.UUID, which string, whichArgs ...any) ([]*ent.Participant, error) {
	if len(conversations) == 0 {
		return nil, nil
	}
	among, args := tx.among(participant.FieldConversationID, conversations)
	q := "SELECT " + seatedColumns + " FROM " + participant.Table + " WHERE " + among + " AND left_at IS NULL" + which
	return selectInto(ctx, tx, q, append(args, whichArgs...), seatedFields)
}

// among is a condition, for SQLite of one text for one id and another for more: to begin a list takes it longer than to find
// what one id is of.
func (tx statementTx) among(column string, ids []uuid.UUID) (string, []any) {
	if len(ids) == 1 {
		return column + " = ?", []any{ids[0]}
	}
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
func selectInto[T any](ctx context.Context, tx statementTx, q string, args []any, fields func(*T) []any) ([]*T, error) {
	var list []*T
	var row T
	err := database.EachRow(ctx, tx, q, args, func() {
		one := row
		list = append(list, &one)
	}, fields(&row)...)
	return list, err
}

// write writes some statements, whatever the number of rows.
func (tx statementTx) write(ctx context.Context, messages, conversations, participants rows) error {
	if err := messages.insert(ctx, tx, tx.on, message.Table); err != nil {
		return err
	}
	if err := conversations.update(ctx, tx, tx.on, conversation.Table); err != nil {
		return err
	}
	return participants.update(ctx, tx, tx.on, participant.Table)
}
