package entstore

import (
	"bytes"
	"context"
	"slices"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/chat"
)

// commitBatch stores messages in one transaction. When that fails for another reason than the database being away, one of
// them may be at fault: then each has a transaction of its own, and fails alone.
func (s *Store) commitBatch(batch []*pending) {
	err := s.tryBatch(batch)
	if err == nil || len(batch) == 1 || database.IsUnavailable(err) {
		for _, p := range batch {
			p.fail(err)
		}
		return
	}
	for _, p := range batch {
		p.fail(s.tryBatch([]*pending{p}))
	}
}

// fail keeps why a message was not stored.
func (p *pending) fail(err error) {
	if err != nil {
		p.stored, p.duplicate, p.err = nil, false, err
	}
}

func (s *Store) tryBatch(batch []*pending) error {
	b := &sendBatch{store: s}
	err := s.change(context.Background(), "append messages", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		b.reset(tx, f, batch)
		return b.run(ctx)
	})
	if err != nil {
		return err
	}
	for _, i := range b.items {
		i.stored, i.duplicate, i.err = i.answer, i.repeats, i.refusal
	}
	return nil
}

// sendBatch is one transaction's messages.
type sendBatch struct {
	store *Store
	tx    *ent.Tx
	feed  *feed
	items []*sendItem

	conversations map[uuid.UUID]*place
	known         map[uuid.UUID]*sendItem // what is stored under an id, by an earlier transaction or this one
}

// sendItem is a message of a batch, and what becomes of it. Nothing reaches its caller before the commit.
type sendItem struct {
	*pending
	id, conversationID uuid.UUID
	answer             *chatv1.Message
	fingerprint        []byte
	repeats            bool
	refusal            error
}

// place is a conversation, locked until the commit, and those of its members whose rows its messages change.
type place struct {
	row     *ent.Conversation
	proto   *chatv1.Conversation
	members map[string]*seat
	changed bool
}

// seat is a member's row.
type seat struct {
	row     *ent.Participant
	changed bool
}

func (b *sendBatch) reset(tx *ent.Tx, f *feed, batch []*pending) {
	*b = sendBatch{store: b.store, tx: tx, feed: f, conversations: map[uuid.UUID]*place{}, known: map[uuid.UUID]*sendItem{}}
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
}

// run decides on each message by what the database says now, in the order in which they came, and writes those that pass.
// Conversations are locked from the look for duplicates to the commit, so repeats cannot pass each other and seqs are given
// in the order of commits.
func (b *sendBatch) run(ctx context.Context) error {
	if err := b.lockConversations(ctx); err != nil {
		return err
	}
	if err := b.loadStored(ctx); err != nil {
		return err
	}
	if err := b.loadMembers(ctx); err != nil {
		return err
	}
	for _, i := range b.items {
		if i.refusal == nil {
			b.decide(i)
		}
	}
	return b.write(ctx)
}

// lockConversations reads the conversations for change, in the order of their ids, so that two batches cannot lock each
// other out.
func (b *sendBatch) lockConversations(ctx context.Context) error {
	var wanted []uuid.UUID
	for _, i := range b.items {
		wanted = append(wanted, i.conversationID)
	}
	q := b.tx.Conversation.Query().
		Where(among(conversation.FieldID, distinct(wanted)), conversation.DeletedAtIsNil()).
		Order(conversation.ByID())
	if b.store.rowLocks {
		q = q.ForUpdate()
	}
	rows, err := q.All(ctx)
	for _, row := range rows {
		b.conversations[row.ID] = &place{row: row, proto: conversationProto(row), members: map[string]*seat{}}
	}
	return err
}

// loadStored reads the messages that are stored under the ids of these already.
func (b *sendBatch) loadStored(ctx context.Context) error {
	ids := make([]uuid.UUID, len(b.items))
	for n, i := range b.items {
		ids[n] = i.id
	}
	rows, err := b.tx.Message.Query().Where(among(message.FieldID, distinct(ids))).All(ctx)
	for _, row := range rows {
		b.known[row.ID] = &sendItem{answer: messageProto(row), fingerprint: row.Fingerprint}
	}
	return err
}

// loadMembers reads the rows that messages may change: of all members where each has a place and a count, and elsewhere of
// the senders, and of the author of an announcement.
func (b *sendBatch) loadMembers(ctx context.Context) error {
	var counted, others []uuid.UUID
	var subjects []string
	for _, i := range b.items {
		switch c := b.conversations[i.conversationID]; {
		case c == nil:
		case c.row.IsWide || isAnnouncement(c.row):
			others = append(others, i.conversationID)
			subjects = append(subjects, i.draft.SenderSubject, c.row.CreatedBy)
		default:
			counted = append(counted, i.conversationID)
		}
	}
	if err := b.seat(ctx, counted); err != nil {
		return err
	}
	slices.Sort(subjects)
	return b.seat(ctx, others, participant.SubjectIn(slices.Compact(subjects)...))
}

// seat reads present members of conversations.
func (b *sendBatch) seat(ctx context.Context, conversations []uuid.UUID, which ...predicate.Participant) error {
	if len(conversations) == 0 {
		return nil
	}
	rows, err := b.tx.Participant.Query().
		Where(among(participant.FieldConversationID, distinct(conversations)), participant.LeftAtIsNil()).
		Where(which...).
		All(ctx)
	for _, row := range rows {
		b.conversations[row.ConversationID].members[row.Subject] = &seat{row: row}
	}
	return err
}

// decide says what becomes of a message: a repeat is answered, one that may not be is refused, and another gets the next
// seq.
func (b *sendBatch) decide(i *sendItem) {
	c := b.conversations[i.conversationID]
	if c == nil || c.row.ApplicationID != i.draft.ApplicationID {
		i.refusal = wrap("append message", chat.ErrNotFound)
		return
	}
	if earlier := b.known[i.id]; earlier != nil {
		i.answer, i.repeats = proto.CloneOf(earlier.answer), true
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
		b.accept(i, c)
	}
}

func (s *seat) proto() *chatv1.Participant {
	if s == nil {
		return nil
	}
	return participantProto(s.row)
}

// accept gives a message its seq, and counts it in the rows it changes.
func (b *sendBatch) accept(i *sendItem, c *place) {
	m := proto.CloneOf(i.draft.Message)
	at := micros(m.GetCreatedAt())
	m.Seq, m.CreatedAt = c.row.LastSeq+1, timestamp(at)
	i.answer = m
	b.known[i.id] = i
	c.row.LastSeq, c.row.LastMessageID, c.row.LastActivityAt, c.row.UpdatedAt = m.GetSeq(), &i.id, at, b.feed.at()
	c.proto.LastSeq = m.GetSeq()
	c.changed = true
	for subject, s := range c.members {
		s.count(m.GetSeq(), subject == i.draft.SenderSubject, c.row)
	}
	b.feed.add(entry{
		applicationID:  c.row.ApplicationID,
		conversationID: c.row.ID,
		kind:           chat.EventMessageCreated,
		announced:      isAnnouncement(c.row),
		messageID:      i.id,
	})
}

// write writes what was decided, some statements whatever the number of messages.
func (b *sendBatch) write(ctx context.Context) error {
	messages, conversations, participants := messageRows(), conversationRows(), participantRows()
	for _, i := range b.items {
		if i.answer != nil && !i.repeats {
			messages.add(messageValues(i)...)
		}
	}
	for _, c := range b.conversations {
		if c.changed {
			conversations.add(c.row.ID, c.row.LastSeq, *c.row.LastMessageID, c.row.LastActivityAt, c.row.UpdatedAt)
		}
		for _, s := range c.members {
			if s.changed {
				participants.add(s.row.ID, s.row.ListRank, s.row.Unread, s.row.OwnUnread, s.row.ReadSeq, s.row.DeliveredSeq)
			}
		}
	}
	if b.store.dialect == dialect.Postgres {
		return writeAtOnce(ctx, b.tx, messages, conversations, participants)
	}
	if err := messages.insert(ctx, b.tx, b.store.dialect, message.Table); err != nil {
		return err
	}
	if err := conversations.update(ctx, b.tx, b.store.dialect, conversation.Table); err != nil {
		return err
	}
	return participants.update(ctx, b.tx, b.store.dialect, participant.Table)
}

// writeAtOnce spares PostgreSQL two ways through the network.
func writeAtOnce(ctx context.Context, tx *ent.Tx, messages, conversations, participants rows) error {
	second := 1 + len(messages)
	q := "WITH m AS (" + messages.insertAll(message.Table, 1) + "), c AS (" + conversations.updateAll(conversation.Table, second) + ") " +
		participants.updateAll(participant.Table, second+len(conversations))
	return exec(ctx, tx, q, slices.Concat(messages.arrayArgs(), conversations.arrayArgs(), participants.arrayArgs()))
}

func distinct(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
