package entstore

import (
	"cmp"
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/event"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	"github.com/palabre/palabre/services/chat"
)

const (
	// walked is how many positions are looked at one after the other, whoever they are for. Somebody who has been away for
	// fewer events needs no more than that.
	walked = 1000
	// widening is by how much each window of positions is larger than the one before, as long as they bring too little.
	widening = 4
)

// subjectEvents answers events that a subject may see. The first positions are walked. What lies further is found by who
// the subject is and where they are, so that it does not matter how much happened meanwhile that is not for them.
func (s *Store) subjectEvents(ctx context.Context, q chat.EventsQuery) ([]*ent.Event, error) {
	if q.UpTo == 0 {
		head, _, err := s.EventBounds(ctx)
		if err != nil {
			return nil, err
		}
		q.UpTo = head
	}
	near := min(q.After+walked, q.UpTo)
	rows, err := s.eventsBetween(ctx, q, q.After, near, event.ApplicationID(q.ApplicationID), forSubject(q))
	if err != nil || near == q.UpTo || len(rows) == q.Limit {
		return rows, err
	}
	q.After, q.Limit = near, q.Limit-len(rows)
	far, err := s.farEvents(ctx, q)
	return append(rows, far...), err
}

// farEvents answers the subject's own events, and those of the places where something happened, in one order.
func (s *Store) farEvents(ctx context.Context, q chat.EventsQuery) ([]*ent.Event, error) {
	own, err := s.eventsBetween(ctx, q, q.After, q.UpTo, event.ApplicationID(q.ApplicationID), event.Recipient(q.Subject))
	if err != nil {
		return nil, err
	}
	places, err := s.activePlaces(ctx, q)
	if err != nil || len(places) == 0 {
		return own, err
	}
	rows, err := s.eventsOfPlaces(ctx, q, places)
	if err != nil {
		return nil, err
	}
	rows = append(rows, own...)
	byPosition := func(a, b *ent.Event) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(rows, byPosition)
	rows = slices.CompactFunc(rows, func(a, b *ent.Event) bool { return a.ID == b.ID })
	return rows[:min(q.Limit, len(rows))], nil
}

// eventsOfPlaces answers the first events of conversations. It looks at windows of positions that become wider, so that a
// page of somebody to whom much has happened does not sort all of it.
func (s *Store) eventsOfPlaces(ctx context.Context, q chat.EventsQuery, places []uuid.UUID) ([]*ent.Event, error) {
	limit := q.Limit
	var all []*ent.Event
	for from, width := q.After, int64(walked); from < q.UpTo && len(all) < limit; width *= widening {
		to := min(from+width, q.UpTo)
		q.Limit = limit - len(all)
		rows, err := s.eventsBetween(ctx, q, from, to, event.ConversationIDIn(places...), ofOthers(q))
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		from = to
	}
	return all, nil
}

// activePlaces answers the conversations of a subject, and the announcements to them, in which something happened after
// q.After.
func (s *Store) activePlaces(ctx context.Context, q chat.EventsQuery) ([]uuid.UUID, error) {
	var places []uuid.UUID
	err := s.read.Participant.Query().
		Where(participant.ApplicationID(q.ApplicationID), participant.Subject(q.Subject), participant.LeftAtIsNil(),
			activeAfter(participant.FieldConversationID, q.After)).
		Select(participant.FieldConversationID).
		Scan(ctx, &places)
	if err != nil || len(q.Announcements) == 0 {
		return places, err
	}
	// By their keys, and the application looked at here: asked for it too, SQLite would read all that the application has.
	announced, err := s.read.Conversation.Query().
		Where(conversation.IDIn(parseIDs(q.Announcements)...), activeAfter(conversation.FieldID, q.After)).
		Select(conversation.FieldID, conversation.FieldApplicationID).
		All(ctx)
	for _, c := range announced {
		if c.ApplicationID == q.ApplicationID {
			places = append(places, c.ID)
		}
	}
	return places, err
}

// activeAfter holds for rows whose column names a conversation that has events after a position. It looks at the last one
// alone: that is one step in an index, on every database.
func activeAfter(column string, position int64) func(*sql.Selector) {
	return func(rows *sql.Selector) {
		events := sql.Table(event.Table).As("latest")
		latest := sql.Select(events.C(event.FieldID)).From(events).
			Where(sql.ColumnsEQ(events.C(event.FieldConversationID), rows.C(column))).
			OrderBy(sql.Desc(events.C(event.FieldID))).
			Limit(1)
		rows.Where(sql.P(func(b *sql.Builder) {
			b.Wrap(func(b *sql.Builder) { b.Join(latest) }).WriteOp(sql.OpGT).Arg(position)
		}))
	}
}

// eventsBetween answers events after one position, up to another.
func (s *Store) eventsBetween(ctx context.Context, q chat.EventsQuery, after, upTo int64, where ...predicate.Event) ([]*ent.Event, error) {
	return s.read.Event.Query().
		Where(event.IDGT(after), event.IDLTE(upTo), event.OriginIsNil()).
		Where(where...).
		Order(byPosition).
		Limit(q.Limit).
		All(ctx)
}

// byPosition sorts by a sum, which no index has. Otherwise a planner may walk all positions in their order, in the belief
// that enough of them will do soon.
func byPosition(s *sql.Selector) { s.OrderExpr(sql.Expr(s.C(event.FieldID) + " + 0")) }

// forSubject holds for events that a subject may see: their own, those of conversations they are in, and those of
// announcements to them.
func forSubject(q chat.EventsQuery) predicate.Event {
	return event.Or(event.Recipient(q.Subject), ofOthers(q))
}

// ofOthers holds for what a subject sees as one of many.
func ofOthers(q chat.EventsQuery) predicate.Event {
	places := []predicate.Event{ofMember(q.Subject)}
	if len(q.Announcements) > 0 {
		places = append(places, event.ConversationIDIn(parseIDs(q.Announcements)...))
	}
	return event.And(event.RecipientOnly(false), event.Or(places...))
}

// ofMember holds for events of conversations that a subject is in, from when they joined on.
func ofMember(subject string) predicate.Event {
	return func(events *sql.Selector) {
		mine := sql.Table(participant.Table).As("mine")
		events.Where(sql.Exists(
			sql.Select(mine.C(participant.FieldID)).From(mine).Where(sql.And(
				sql.ColumnsEQ(mine.C(participant.FieldConversationID), events.C(event.FieldConversationID)),
				sql.EQ(mine.C(participant.FieldSubject), subject),
				sql.IsNull(mine.C(participant.FieldLeftAt)),
				sql.ColumnsLT(mine.C(participant.FieldJoinedPosition), events.C(event.FieldID)),
			)),
		))
	}
}
