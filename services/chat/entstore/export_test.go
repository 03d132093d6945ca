package entstore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
)

// PipelineStatements are those of a pipeline that find rows, with arguments: it does not run through ent.
func PipelineStatements(id uuid.UUID) map[string][]any {
	conversations, participants := conversationRows(), participantRows()
	conversations.add(id, 1, id, 1, 1)
	participants.add(id, 1, true, 1, 1, 1, 1, 1)
	return map[string][]any{
		lockConversations:     {raw([]uuid.UUID{id})},
		lockFreeConversations: {raw([]uuid.UUID{id})},
		selectStored:          {raw([]uuid.UUID{id})},
		selectMembers:         {raw([]uuid.UUID{id})},
		selectSomeMembers:     {raw([]uuid.UUID{id}), []string{"alice"}},
		lockedAttachments:     {raw([]uuid.UUID{id})},
		claimAttachments:      {[16]byte(id), [16]byte(id), raw([]uuid.UUID{id})},
		updateConversations:   conversations.arrayArgs(),
		updateParticipants:    participants.arrayArgs(),
	}
}

// ThroughEnt has a store run the statements of its batches on SQLite as on MySQL, where they can be watched.
func ThroughEnt(s *Store) {
	s.committer.commit = func(batch []*pending, _ bool) (locked []*pending) {
		b := newSendBatch(batch, s.narrow, true, true)
		err := s.throughEnt(context.Background(), b)
		for _, i := range b.items {
			i.stored, i.err = i.answer, i.refusal
			i.fail(err)
		}
		return nil
	}
}

// Recent is what a store remembers of the feed.
type Recent struct{ recent }

// MaxRecent is how many events of no texts that is at most.
const MaxRecent = recentBytes / eventBytes

func NewRecent(now func() time.Time) *Recent { return &Recent{recent{now: now, age: recentAge}} }

// Put remembers a transaction that wrote some events from a position on.
func (r *Recent) Put(first int64, count int, began time.Time) {
	written := &run{began: began, bytes: count * eventBytes}
	for i := range count {
		written.rows = append(written.rows, &ent.Event{ID: first + int64(i)})
	}
	r.put(written)
}

// After answers the positions that follow one.
func (r *Recent) After(position int64, limit int) (positions []int64) {
	for _, e := range r.after(position, limit) {
		positions = append(positions, e.Position)
	}
	return positions
}

func (r *Recent) Forget() { r.forget() }

// Count is how many events are remembered.
func (r *Recent) Count() (count int) {
	for _, run := range r.runs {
		count += len(run.rows)
	}
	return count
}
