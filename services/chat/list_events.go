package chat

import (
	"context"
	"errors"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// ListEvents answers a page of what the caller may see since a cursor.
func (s *Service) ListEvents(ctx context.Context, req *chatv1.ListEventsRequest) (*chatv1.ListEventsResponse, error) {
	p := caller(ctx)
	me, err := s.subject(ctx)
	if err != nil {
		return nil, err
	}
	head, pruned, err := s.store.EventBounds(ctx)
	if err != nil {
		return nil, err
	}
	present := &chatv1.ListEventsResponse{Status: chatv1.ListEventsResponse_synced, Cursor: FormatCursor(head)}
	if req.GetAfterCursor() == "" {
		return present, nil
	}
	after, err := parseCursor(req.GetAfterCursor(), "afterCursor")
	if err != nil {
		return nil, err
	}
	limit := pageSize(req.GetLimit(), 100)
	var events []StoredEvent
	if err = ErrEventsGone; !outOfReach(after, head, pruned) {
		events, err = s.eventsFor(ctx, p, EventsQuery{ApplicationID: p.ApplicationID, Subject: me, After: after, UpTo: head, Limit: limit})
	}
	switch {
	case errors.Is(err, ErrEventsGone):
		present.Status = chatv1.ListEventsResponse_resync
		return present, nil
	case err != nil:
		return nil, err
	}
	answer := present
	for _, e := range events {
		answer.Events = append(answer.Events, e.Event)
	}
	// With a full page there may be more: go on from its last event. Without, nothing up to the head was left out.
	if len(events) == limit {
		answer.More = true
		answer.Cursor = FormatCursor(events[limit-1].Position)
	}
	return answer, nil
}

// eventsFor answers a person's events up to a position that was the head before: an announcement of whose audience they
// are is among them for sure, since its audience is stored before it is. One that came meanwhile might not be.
func (s *Service) eventsFor(ctx context.Context, p auth.Principal, q EventsQuery) (events []StoredEvent, err error) {
	if q.After >= q.UpTo {
		return nil, nil
	}
	if q.Announcements, err = s.announcementsTo(ctx, p); err != nil {
		return nil, err
	}
	return s.store.ListEvents(ctx, q)
}

// outOfReach says that a cursor cannot be gone on from: events after it are gone, or it is ahead of everything, as after
// the database was restored from a backup.
func outOfReach(after, head, pruned int64) bool { return after < pruned || after > head }
