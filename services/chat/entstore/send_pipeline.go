package entstore

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
)

// pipeline is a sendTx on PostgreSQL. Statement by statement, a message would wait for nine trips to the server and back,
// each of which costs both sides more than most statements do. It takes two: begin, lock and read; write and commit. One
// more reads members who were not foreseen.
type pipeline struct {
	conn *pgx.Conn
	feed *feed
}

// pipelined runs a batch in a transaction, and rings the bell when it committed events.
func (s *Store) pipelined(ctx context.Context, b *sendBatch) error {
	conn, err := s.database.SQL().Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	f := s.newFeed()
	err = conn.Raw(func(driverConn any) error {
		p := pipeline{driverConn.(*stdlib.Conn).Conn(), f}
		err := b.run(ctx, p, f)
		if err != nil {
			p.rollback(ctx)
		}
		return err
	})
	if err == nil {
		s.committed(f)
	}
	return err
}

// rollback gives back the locks, also when the time for the transaction is over: a connection that cannot do it is closed, or
// it would hold them for as long as nobody else uses it.
func (p pipeline) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	if _, err := p.conn.Exec(ctx, "rollback"); err != nil {
		_ = p.conn.Close(ctx)
	}
}

const rollbackTime = 2 * time.Second

// planOnce has PostgreSQL plan each statement of a batch once, and by its indexes: planning anew what is always the same takes
// longer than doing it, and a plan that was made while a table was empty reads all of it until its statistics are renewed.
const planOnce = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"

var (
	lockConversations = "SELECT " + lockedColumns + " FROM " + conversation.Table +
		" WHERE id = ANY($1) AND deleted_at IS NULL ORDER BY id FOR UPDATE"
	lockFreeConversations = lockConversations + skipLocked
	selectStored          = "SELECT " + storedColumns + " FROM " + message.Table + " WHERE id = ANY($1)"
	selectMembers         = "SELECT " + seatedColumns + " FROM " + participant.Table + " WHERE conversation_id = ANY($1) AND left_at IS NULL"
	selectSomeMembers     = selectMembers + " AND subject = ANY($2)"

	insertMessages      = messageRows().insertAll(message.Table)
	updateConversations = conversationRows().updateAll(conversation.Table)
	updateParticipants  = participantRows().updateAll(participant.Table)
	placeEvents         = eventRows().placeAll()
)

func (p pipeline) lock(ctx context.Context, ids, narrow []uuid.UUID, wait bool) (locked, error) {
	var found locked
	lock := lockFreeConversations
	if wait {
		lock = lockConversations
	}
	batch := &pgx.Batch{}
	batch.Queue("begin")
	batch.Queue(planOnce)
	batch.Queue(lock, raw(ids)).Query(collect(&found.conversations, lockedFields))
	if len(narrow) > 0 {
		batch.Queue(selectMembers, raw(narrow)).Query(collect(&found.members, seatedFields))
	}
	err := p.conn.SendBatch(ctx, batch).Close()
	return found, err
}

func (p pipeline) stored(ctx context.Context, ids []uuid.UUID) ([]*ent.Message, error) {
	rows, err := p.conn.Query(ctx, selectStored, raw(ids))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var messages []*ent.Message
	err = collect(&messages, storedFields)(rows)
	return messages, err
}

func (p pipeline) members(ctx context.Context, q membersQuery) ([]*ent.Participant, error) {
	var members []*ent.Participant
	batch := &pgx.Batch{}
	if len(q.all) > 0 {
		batch.Queue(selectMembers, raw(q.all)).Query(collect(&members, seatedFields))
	}
	if len(q.some) > 0 {
		batch.Queue(selectSomeMembers, raw(q.some), q.subjects).Query(collect(&members, seatedFields))
	}
	if batch.Len() == 0 {
		return nil, nil
	}
	err := p.conn.SendBatch(ctx, batch).Close()
	return members, err
}

// write commits as well: nothing is left to decide.
func (p pipeline) write(ctx context.Context, messages, conversations, participants rows) error {
	batch := &pgx.Batch{}
	if messages.count() > 0 {
		batch.Queue(insertMessagesText(messages), messages.arrayArgs()...)
	}
	if conversations.count() > 0 {
		batch.Queue(updateConversations, conversations.arrayArgs()...)
	}
	if participants.count() > 0 {
		batch.Queue(updateParticipants, participants.arrayArgs()...)
	}
	if err := p.feed.queue(batch); err != nil {
		return err
	}
	batch.Queue("commit")
	return p.conn.SendBatch(ctx, batch).Close()
}

// collect appends the rows of a query to a list.
func collect[T any](list *[]*T, fields func(*T) []any) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			row := new(T)
			if err := rows.Scan(fields(row)...); err != nil {
				return err
			}
			*list = append(*list, row)
		}
		return rows.Err()
	}
}

// raw are ids as the driver takes them without writing them as text.
func raw(ids []uuid.UUID) [][16]byte {
	list := make([][16]byte, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}
