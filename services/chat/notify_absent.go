package chat

import (
	"context"
	"time"

	"github.com/palabre/palabre/internal/outbox"
)

// notifier is the name under which the position is kept up to which events have had their notifications.
const notifier = "notifications"

const (
	// defaultAbsence is how long the devices of those who are there have to acknowledge a message.
	defaultAbsence = 2 * time.Second
	// gathering is how much longer the notifier waits, so that messages in quick succession come to it together.
	gathering = 250 * time.Millisecond
	// fewEvents and manyEvents are how many are read and handled at once: the more the less each costs, for the queries are
	// the same and conversations come up again and again.
	fewEvents, manyEvents = 50, 1000
	// missedAtFirst is how far back the very first notifier begins.
	missedAtFirst = 200
	// notifierPoll is how often to look for events that other processes stored. Notifications come late anyway.
	notifierPoll = time.Second
)

// notifyAbsent notifies those who were away. It follows the change feed at a distance: by the time it comes to a message,
// whoever is there has acknowledged it. Nothing of this is in the way of a send. It keeps its position after what it has
// done; doing it twice, after having been broken off in between, stores nothing twice.
func (s *Service) notifyAbsent(ctx context.Context) error {
	after, err := s.notifiedUpTo(ctx)
	if err != nil {
		return err
	}
	limit := fewEvents
	// What the relay takes for one event is a batch of them.
	return outbox.Relay[[]StoredEvent]{
		Fetch: func(ctx context.Context, after int64, _ int) ([][]StoredEvent, int64, error) {
			events, err := s.ripeEvents(ctx, after, limit)
			if len(events) == 0 {
				return nil, after, err
			}
			limit = nextLimit(len(events))
			return [][]StoredEvent{events}, events[len(events)-1].Position, nil
		},
		Deliver: func(events []StoredEvent) error {
			if err := s.notify(ctx, events); err != nil {
				return err
			}
			return s.store.AcknowledgeEvents(ctx, notifier, events[len(events)-1].Position)
		},
		FetchTime: s.absence + gathering + askTime,
		Final:     eventsGone,
		Bell:      s.bell,
		Poll:      notifierPoll,
		BatchSize: 1,
		Logger:    s.logger,
	}.Run(ctx, after)
}

// notifiedUpTo answers the position to go on from. One that is of no use any more is left for the present: who was away
// then cannot be told now. Where there never was one, it goes back a little, so that the first messages of a new
// deployment are told of, and not years of those of an old one.
func (s *Service) notifiedUpTo(ctx context.Context) (int64, error) {
	head, pruned, err := s.store.EventBounds(ctx)
	if err != nil {
		return 0, err
	}
	position, known, err := s.store.ConsumerPosition(ctx, notifier)
	switch {
	case err != nil:
		return 0, err
	case known && !outOfReach(position, head, pruned):
		return position, nil
	case known:
		s.logger.WarnContext(ctx, "events without notifications are gone, it goes on from the present",
			"position", position, "pruned", pruned, "head", head)
		position = head
	default:
		position = max(pruned, head-missedAtFirst)
	}
	return position, s.store.AcknowledgeEvents(ctx, notifier, position)
}

// nextLimit is how many events to read after so many were ripe: some more, and not many, since those that are not ripe are
// read in vain.
func nextLimit(ripe int) int { return min(max(ripe+ripe/4, fewEvents), manyEvents) }

// ripeEvents answers those of the next events that are old enough, at most limit. It waits for the first of them, and
// answers none when there are no events.
func (s *Service) ripeEvents(ctx context.Context, after int64, limit int) ([]StoredEvent, error) {
	events, err := s.store.ListEvents(ctx, EventsQuery{After: after, Limit: limit, Textless: true, Recent: true})
	if err != nil || len(events) == 0 {
		return nil, err
	}
	if wait := s.untilRipe(events, limit); wait > 0 {
		if err := giveWay(ctx, wait); err != nil {
			return nil, err
		}
	}
	ripe := 1
	for ripe < len(events) && s.age(events[ripe]) >= s.absence {
		ripe++
	}
	return events[:ripe], nil
}

// untilRipe is how long to wait for a batch: until its first event has been ripe for a moment, so that others are by then,
// or a full one is ripe as a whole. Otherwise each event would be a batch of its own, and all behind it read with it.
func (s *Service) untilRipe(events []StoredEvent, limit int) time.Duration {
	wait := s.absence - s.age(events[0]) + gathering
	if len(events) == limit {
		wait = min(wait, s.absence-s.age(events[len(events)-1]))
	}
	return wait
}

// age is how long ago an event was committed. By the clock of another process that may be in the future.
func (s *Service) age(e StoredEvent) time.Duration {
	return max(0, s.now().Sub(e.Event.GetAt().AsTime()))
}
