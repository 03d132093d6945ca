package chat

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/outbox"
)

// askTime bounds what is asked of the Store where no caller's deadline does.
const askTime = 10 * time.Second

// StreamEvents sends what happens from a cursor on, as it is committed.
func (s *Service) StreamEvents(req *chatv1.StreamEventsRequest, stream chatv1.ChatService_StreamEventsServer) error {
	ctx := stream.Context()
	p := caller(ctx)
	if err := s.admitVisitor(ctx); err != nil {
		return err
	}
	begin, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	after, err := s.startOfStream(begin, req)
	if err != nil {
		return err
	}
	// From here on nothing is missed: who waits for the headers knows it. (In memory, headers without any are not sent.)
	if err := stream.SendHeader(metadata.Pairs("x-palabre-after", FormatCursor(after))); err != nil {
		return err
	}
	deliver := func(e StoredEvent) error {
		if err := stream.Send(&chatv1.StreamEventsResponse{Event: e.Event, ApplicationId: e.ApplicationID}); err != nil {
			return err
		}
		return s.afterRemoval(ctx, e)
	}
	applicationID, passed := p.ApplicationID, func(int64) error { return nil }
	switch {
	case p.Kind == auth.KindPeer && req.GetApplicationId() != "":
		applicationID, passed = req.GetApplicationId(), s.tellPassed(stream, after)
	case p.Kind == auth.KindPeer:
		deliver = s.addressed(stream)
	}
	return outbox.Relay[StoredEvent]{
		Fetch: func(ctx context.Context, after int64, limit int) ([]StoredEvent, int64, error) {
			events, last, err := s.fetchEvents(ctx, p, EventsQuery{ApplicationID: applicationID, Subject: p.Subject(), After: after, Limit: limit})
			if err == nil && len(events) == 0 {
				err = passed(last)
			}
			return events, last, err
		},
		Final:   eventsGone,
		Deliver: deliver,
		Bell:    s.bell,
		Logger:  s.logger,
	}.Run(ctx, after)
}

// startOfStream is the position after which a stream begins.
func (s *Service) startOfStream(ctx context.Context, req *chatv1.StreamEventsRequest) (int64, error) {
	head, pruned, err := s.store.EventBounds(ctx)
	if err != nil {
		return 0, err
	}
	after := head
	switch {
	case req.GetFromOldest() && caller(ctx).Kind == auth.KindPeer:
		after = pruned
	case req.GetCursor() != "":
		if after, err = parseCursor(req.GetCursor(), "cursor"); err != nil {
			return 0, err
		}
	case req.GetConsumer() != "" && caller(ctx).Kind == auth.KindPeer:
		acknowledged, known, err := s.store.ConsumerPosition(ctx, req.GetConsumer())
		if err != nil {
			return 0, err
		}
		if known {
			after = acknowledged
		}
	}
	if outOfReach(after, head, pruned) {
		return 0, ErrEventsGone
	}
	return after, nil
}

// afterRemoval ends the stream of a visitor who was just told that they are one no longer.
func (s *Service) afterRemoval(ctx context.Context, e StoredEvent) error {
	if e.Event.GetEvent() != EventParticipantRemoved || e.Recipient != caller(ctx).Subject() {
		return nil
	}
	return s.admitVisitor(ctx)
}

// eventsGone says that a stream cannot go on: its place was pruned.
func eventsGone(err error) bool { return errors.Is(err, ErrEventsGone) }

// searchedAtOnce is how many positions are looked through for the events of one application. They have no index, and most may
// be of another: who was away for millions has them looked through in turns that a fetch has time for.
const searchedAtOnce = 50_000

// fetchEvents answers a batch of events and the position that the next one begins after.
func (s *Service) fetchEvents(ctx context.Context, p auth.Principal, q EventsQuery) (events []StoredEvent, last int64, err error) {
	if q.ApplicationID != "" {
		// What happens elsewhere is passed, or the position would be too old some day though nothing was missed.
		if q.UpTo, _, err = s.store.EventBounds(ctx); err != nil {
			return nil, q.After, err
		}
	}
	if actsAsItself(p) {
		q.UpTo = min(q.UpTo, q.After+searchedAtOnce) // 0 of all applications
		q.HandedOn = q.ApplicationID == ""
		q.Recent = q.HandedOn
		events, err = s.store.ListEvents(ctx, q)
	} else {
		events, err = s.eventsFor(ctx, p, q)
	}
	switch {
	case err != nil:
		return nil, q.After, err
	case len(events) < q.Limit && q.UpTo > q.After:
		return events, q.UpTo, nil // Nothing up to there was left out, and need not be looked at again.
	case len(events) == 0:
		return nil, q.After, nil
	}
	return events, events[len(events)-1].Position, nil
}

// passedEvery is how often a stream of one application tells how far it has come in those of others, at most.
const passedEvery = 10 * time.Second

// tellPassed tells the position up to which the application of a stream has no other event, when it has moved.
func (s *Service) tellPassed(stream chatv1.ChatService_StreamEventsServer, after int64) func(int64) error {
	told, at := after, s.now()
	return func(position int64) error {
		if position <= told || s.now().Sub(at) < passedEvery {
			return nil
		}
		told, at = position, s.now()
		return stream.Send(&chatv1.StreamEventsResponse{PassedCursor: FormatCursor(position)})
	}
}

// addressed delivers events together with whom they are for. The members of a conversation are read once, and again
// after an event in this very stream has changed them: so they are never older than the event they go with.
func (s *Service) addressed(stream chatv1.ChatService_StreamEventsServer) func(StoredEvent) error {
	known := map[string]Members{}
	return func(e StoredEvent) error {
		if e.RecipientOnly {
			return stream.Send(toRecipientOnly(e))
		}
		id := e.Event.GetConversationId()
		switch e.Event.GetEvent() {
		case EventParticipantAdded, EventParticipantRemoved, EventConversationCreated:
			delete(known, id)
		}
		members, ok := known[id]
		if !ok {
			var err error
			if members, err = s.membersOf(stream.Context(), e.ApplicationID, id); err != nil {
				return err
			}
			if len(known) >= maxKnownMembers {
				clear(known)
			}
			known[id] = members
		}
		return stream.Send(&chatv1.StreamEventsResponse{
			Event:            e.Event,
			ApplicationId:    e.ApplicationID,
			Recipients:       recipientsOf(e, members),
			ConversationType: members.Type,
			ForEveryone:      members.ForEveryone && e.Origin == 0,
		})
	}
}

func (s *Service) membersOf(ctx context.Context, applicationID, conversationID string) (Members, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return s.store.ListSubjects(ctx, applicationID, conversationID)
}

// recipientsOf answers whom an event is for.
func recipientsOf(e StoredEvent, members Members) []string {
	switch {
	case e.Origin != 0:
		return e.Addressees
	case e.Recipient != "":
		return append(members.Subjects[:len(members.Subjects):len(members.Subjects)], e.Recipient)
	}
	return members.Subjects
}

// toRecipientOnly addresses an event to its recipient and nobody else, and to none when it is for moderators. It says no type
// of conversation: what is not for all members does not belong on a topic that they share.
func toRecipientOnly(e StoredEvent) *chatv1.StreamEventsResponse {
	answer := &chatv1.StreamEventsResponse{Event: e.Event, ApplicationId: e.ApplicationID}
	if e.Recipient != "" {
		answer.Recipients = []string{e.Recipient}
	}
	return answer
}

// maxKnownMembers is for how many conversations a stream remembers the members.
const maxKnownMembers = 10_000
