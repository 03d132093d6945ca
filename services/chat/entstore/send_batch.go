package entstore

import (
	"bytes"
	"context"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/chat"
)

// commitBatch stores messages in one transaction. When that fails for another reason than the database being away, one of
// them may be at fault: then each has a transaction of its own, and fails alone. Those of conversations that somebody else
// has locked are left out and answered, unless there are no others, or it is to wait.
func (s *Store) commitBatch(batch []*pending, wait bool) (locked []*pending) {
	wait = wait || !s.rowLocks || ofOneConversation(batch)
	err := s.tryBatch(batch, wait)
	if err != nil && len(batch) > 1 && !database.IsUnavailable(err) {
		for _, p := range batch {
			p.fail(s.tryBatch([]*pending{p}, true))
		}
		return nil
	}
	for _, p := range batch {
		p.fail(err)
		if p.locked {
			locked = append(locked, p)
		}
	}
	return locked
}

func ofOneConversation(batch []*pending) bool {
	return !slices.ContainsFunc(batch, func(p *pending) bool { return p.conversation() != batch[0].conversation() })
}

// fail keeps why a message was not stored.
func (p *pending) fail(err error) {
	if err != nil {
		p.stored, p.duplicate, p.err, p.locked = nil, false, err, false
	}
}

func (s *Store) tryBatch(batch []*pending, wait bool) error {
	var b *sendBatch
	err := s.attempt(context.Background(), "append messages", func(ctx context.Context) error {
		b = newSendBatch(batch, s.narrow, wait, s.repeats.expected())
		err := s.runBatch(ctx, b)
		if !b.looks && sqlgraph.IsUniqueConstraintError(err) { // Nothing else in it is unique that is not locked.
			s.repeats.came()
			b = newSendBatch(batch, s.narrow, wait, true)
			err = s.runBatch(ctx, b)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, i := range b.items {
		i.stored, i.duplicate, i.err, i.locked = i.answer, i.repeats, i.refusal, b.leaves(i)
	}
	return nil
}

func (s *Store) runBatch(ctx context.Context, b *sendBatch) error {
	switch {
	case s.dialect == dialect.Postgres:
		return s.pipelined(ctx, b)
	case s.dialect == dialect.SQLite && len(b.wantedFiles()) == 0:
		return s.onConnection(ctx, b)
	}
	return s.throughEnt(ctx, b)
}

func (s *Store) throughEnt(ctx context.Context, b *sendBatch) error {
	return s.try(ctx, func(ctx context.Context, tx *ent.Tx, f *feed) error {
		return b.run(ctx, statementTx{tx, s.dialect, s.rowLocks, attachmentsTx{tx, s.rowLocks}}, f)
	})
}

// sendTx is the transaction of a batch. What it is asked for comes in this order, and once.
type sendTx interface {
	// lock reads the conversations that are there, and locks them until the end, in the order of their ids, so that two
	// batches cannot lock each other out. It waits for those that somebody else has locked, or passes them over. Then it reads
	// the present members of those that are expected to be narrow.
	lock(ctx context.Context, ids, narrow []uuid.UUID, wait bool) (locked, error)
	// members reads all present members of conversations, and some of others.
	members(ctx context.Context, q membersQuery) ([]*ent.Participant, error)
	// stored reads the messages that have one of the ids. It may be called twice.
	stored(ctx context.Context, ids []uuid.UUID) ([]*ent.Message, error)
	// lockAttachments locks files, and claimAttachments makes them a message's. Neither is called where there are none.
	lockAttachments(ctx context.Context, ids []uuid.UUID) ([]*ent.Attachment, error)
	claimAttachments(ctx context.Context, m *ent.Message, files []*ent.Attachment) error
	write(ctx context.Context, messages, conversations, participants rows) error
}

// locked is what a batch is decided by.
type locked struct {
	conversations []*ent.Conversation
	members       []*ent.Participant
}

// membersQuery asks for all present members of conversations, and for some of others.
type membersQuery struct {
	all      []uuid.UUID
	some     []uuid.UUID
	subjects []string // those of some
}

// sendBatch is one transaction's messages.
type sendBatch struct {
	items  []*sendItem
	narrow *narrow
	// waits says to wait for conversations that are locked.
	waits bool
	// looks says to look for what is stored under the ids of messages before deciding on them. Repeats are few, and their
	// ids are the primary key: a batch that does not look, and has one, fails by it and begins again.
	looks bool

	conversations map[uuid.UUID]*place
	known         map[uuid.UUID]*sendItem       // what is stored under an id, by an earlier transaction or this one
	attachments   map[uuid.UUID]*ent.Attachment // those that some message wants; nil when none does
}

// sendItem is a message of a batch, and what becomes of it. Nothing reaches its caller before the commit.
type sendItem struct {
	*pending
	id, conversationID uuid.UUID
	answer             *chatv1.Message
	row                *ent.Message // what is written of it; nil of those that are repeats or refused
	files              []*ent.Attachment
	fileBytes          []byte // those in its row
	fingerprint        []byte
	repeats            bool
	refusal            error
}

// place is a conversation, locked until the commit, and those of its members whose rows its messages change.
type place struct {
	row     *ent.Conversation
	proto   *chatv1.Conversation
	members map[string]*seat
	// foreseen says that its members were read with it.
	foreseen bool
	changed  bool
}

// isNarrow says that its messages may change the row of each member.
func (c *place) isNarrow() bool { return !c.row.IsWide && !isAnnouncement(c.row) }

// seat is a member's row.
type seat struct {
	row     *ent.Participant
	changed bool
}

func newSendBatch(batch []*pending, n *narrow, waits, looks bool) *sendBatch {
	b := &sendBatch{narrow: n, waits: waits, looks: looks, conversations: map[uuid.UUID]*place{}, known: map[uuid.UUID]*sendItem{}}
	for _, p := range batch {
		i := &sendItem{pending: p, fingerprint: p.draft.Fingerprint}
		var err error
		if i.id, err = uuid.Parse(p.draft.Message.GetId()); err == nil {
			i.conversationID, err = uuid.Parse(p.draft.Message.GetConversationId())
		}
		if err != nil {
			i.refusal = wrap("append message", chat.ErrNotFound)
		}
		b.items = append(b.items, i)
	}
	return b
}

// run decides on each message by what the database says now, in the order in which they came, and writes those that pass.
// Conversations are locked from the look for duplicates to the commit, so repeats cannot pass each other and seqs are given
// in the order of commits.
func (b *sendBatch) run(ctx context.Context, tx sendTx, f *feed) error {
	if err := b.lock(ctx, tx); err != nil {
		return err
	}
	if err := b.lockAttachments(ctx, tx); err != nil {
		return err
	}
	if b.looks {
		if err := b.look(ctx, tx, b.items); err != nil {
			return err
		}
	}
	for _, i := range b.items {
		if i.refusal == nil && !b.leaves(i) {
			b.decide(i, f)
		}
	}
	if err := b.lookAgain(ctx, tx, f); err != nil {
		return err
	}
	if err := b.claimAttachments(ctx, tx); err != nil {
		return err
	}
	return b.write(ctx, tx)
}

// leaves says that a message is left to another transaction: its conversation is locked, or not there, which is the same to
// one that does not wait.
func (b *sendBatch) leaves(i *sendItem) bool {
	return !b.waits && i.conversationID != uuid.Nil && b.conversations[i.conversationID] == nil
}

// look finds what is stored under the ids of messages.
func (b *sendBatch) look(ctx context.Context, tx sendTx, items []*sendItem) error {
	ids := make([]uuid.UUID, len(items))
	for n, i := range items {
		ids[n] = i.id
	}
	found, err := tx.stored(ctx, distinct(ids))
	for _, row := range found {
		b.known[row.ID] = &sendItem{answer: messageProto(row), fingerprint: row.Fingerprint}
	}
	return err
}

// lookAgain looks for those that were refused without: the repeat of a message that was stored is answered as before,
// whatever its sender may do by now.
func (b *sendBatch) lookAgain(ctx context.Context, tx sendTx, f *feed) error {
	var refused []*sendItem
	for _, i := range b.items {
		if i.refusal != nil && b.placeOf(i) != nil {
			refused = append(refused, i)
		}
	}
	if b.looks || len(refused) == 0 {
		return nil
	}
	if err := b.look(ctx, tx, refused); err != nil {
		return err
	}
	for _, i := range refused {
		if b.known[i.id] != nil {
			b.decide(i, f)
		}
	}
	return nil
}

// lock locks the conversations, and reads what the messages are decided by.
func (b *sendBatch) lock(ctx context.Context, tx sendTx) error {
	var wanted []uuid.UUID
	for _, i := range b.items {
		wanted = append(wanted, i.conversationID)
	}
	wanted = distinct(wanted)
	foreseen := b.narrow.among(wanted)
	found, err := tx.lock(ctx, wanted, foreseen, b.waits)
	if err != nil {
		return err
	}
	for _, row := range found.conversations {
		b.conversations[row.ID] = &place{row: row, proto: conversationProto(row), members: map[string]*seat{}}
	}
	for _, id := range foreseen {
		switch c := b.conversations[id]; {
		case c != nil && c.isNarrow():
			c.foreseen = true
		case c != nil || b.waits:
			b.narrow.drop(id)
		}
	}
	others, err := tx.members(ctx, b.unforeseen())
	if err != nil {
		return err
	}
	b.seat(found.members)
	b.seat(others)
	return nil
}

func (b *sendBatch) seat(members []*ent.Participant) {
	for _, row := range members {
		if c := b.conversations[row.ConversationID]; c != nil {
			c.members[row.Subject] = &seat{row: row}
		}
	}
}

// unforeseen asks for the members' rows that the batch may change and that have not been read with the conversations: of all
// members where each has a place and a count, and elsewhere of the senders, and of the author of an announcement.
func (b *sendBatch) unforeseen() membersQuery {
	var q membersQuery
	for _, i := range b.items {
		switch c := b.conversations[i.conversationID]; {
		case c == nil || c.foreseen:
		case c.isNarrow():
			q.all = append(q.all, i.conversationID)
			b.narrow.add(i.conversationID)
		default:
			q.some = append(q.some, i.conversationID)
			q.subjects = append(q.subjects, i.draft.SenderSubject, c.row.CreatedBy)
		}
	}
	slices.Sort(q.subjects)
	return membersQuery{distinct(q.all), distinct(q.some), slices.Compact(q.subjects)}
}

// decide says what becomes of a message: a repeat is answered, one that may not be is refused, and another gets the next
// seq.
func (b *sendBatch) decide(i *sendItem, f *feed) {
	c := b.placeOf(i)
	if c == nil {
		i.refusal = wrap("append message", chat.ErrNotFound)
		return
	}
	if earlier := b.known[i.id]; earlier != nil {
		i.answer, i.repeats, i.refusal = proto.CloneOf(earlier.answer), true, nil
		if !bytes.Equal(earlier.fingerprint, i.fingerprint) {
			i.answer, i.repeats, i.refusal = nil, false, wrap("append message", chat.ErrIdempotencyConflict)
		}
		return
	}
	sender := c.members[i.draft.SenderSubject]
	if i.draft.SenderSubject == "" {
		sender = nil
	}
	if i.refusal = i.permit(c.proto, sender.proto()); i.refusal == nil {
		i.refusal = b.attach(i, c.row, f.at())
	}
	switch {
	case i.refusal != nil:
	case i.draft.Message.GetModerationStatus() == chatv1.Message_pending:
		b.hold(i, c, f)
	default:
		b.accept(i, c, f)
	}
}

// placeOf is a message's conversation, and nil when there is none in its application.
func (b *sendBatch) placeOf(i *sendItem) *place {
	c := b.conversations[i.conversationID]
	if c == nil || c.row.ApplicationID != i.draft.ApplicationID {
		return nil
	}
	return c
}

func (s *seat) proto() *chatv1.Participant {
	if s == nil {
		return nil
	}
	return participantProto(s.row)
}

// take makes a message what is stored and answered.
func (b *sendBatch) take(i *sendItem) (m *chatv1.Message, at int64) {
	m = proto.CloneOf(i.draft.Message)
	withFiles(m, i.files)
	at = micros(m.GetCreatedAt())
	m.CreatedAt = timestamp(at)
	i.answer = m
	b.known[i.id] = i
	return m, at
}

// hold keeps a message until a moderator has looked at it: it changes no row but its own.
func (b *sendBatch) hold(i *sendItem, c *place, f *feed) {
	b.take(i)
	i.row = messageRow(i)
	f.moderated(c.row, i.draft.SenderSubject, i.draft.Moderation, nil)
}

// accept gives a message its seq, and counts it in the rows it changes.
func (b *sendBatch) accept(i *sendItem, c *place, f *feed) {
	m, at := b.take(i)
	m.Seq = c.row.LastSeq + 1
	c.row.LastSeq, c.row.LastMessageID, c.row.LastActivityAt, c.row.UpdatedAt = m.GetSeq(), &i.id, at, f.at()
	c.proto.LastSeq = m.GetSeq()
	c.changed = true
	i.row = messageRow(i)
	for subject, s := range c.members {
		s.count(m.GetSeq(), subject == i.draft.SenderSubject, c.row)
	}
	f.add(entry{
		applicationID:  c.row.ApplicationID,
		conversationID: c.row.ID,
		kind:           chat.EventMessageCreated,
		announced:      isAnnouncement(c.row),
		messageID:      i.id,
		message:        i.row,
	})
	f.remarked(c.row, i.draft.Moderation, proto.Int64(m.GetSeq()))
}

// write writes what was decided, some statements whatever the number of messages.
func (b *sendBatch) write(ctx context.Context, tx sendTx) error {
	messages, conversations, participants := messageRows(), conversationRows(), participantRows()
	valuesOf := messageValues
	if b.hasFiles() {
		messages, valuesOf = append(messages, attachmentsColumn()), messageValuesWithFiles
	}
	for _, i := range b.items {
		if i.row != nil {
			messages.add(valuesOf(i.row)...)
		}
	}
	for _, c := range b.conversations {
		if c.changed {
			conversations.add(c.row.ID, c.row.LastSeq, *c.row.LastMessageID, c.row.LastActivityAt, c.row.UpdatedAt)
		}
		for _, s := range c.members {
			if s.changed {
				participants.add(s.row.ID, s.row.ListRank, s.row.HasUnread, s.row.OwnUnread,
					s.row.ReadSeq, s.row.DeliveredSeq, s.row.WideReadSeq, s.row.WideDeliveredSeq)
			}
		}
	}
	return tx.write(ctx, messages, conversations, participants)
}

func distinct(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
