package chat

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// forgetter is the name under which the position is kept up to which the texts of deleted messages have left the moderators'
// queue.
const forgetter = "forgetting"

const (
	// forgetPoll is how often to look for deletions.
	forgetPoll = time.Second
	// forgetAtOnce is how many are told of at once, and forgetWindow how many events are looked at for them.
	forgetAtOnce = 500
	forgetWindow = 10_000
)

// forgetDeleted has the moderation service forget the texts of messages that were deleted, or whose sender was erased. It
// follows the change feed, so that no deletion is missed while that service is away or this one stops. Nothing of it is in
// the way of a send: it looks once a second, at events of one kind.
func (s *Service) forgetDeleted(ctx context.Context) error {
	after, err := s.forgottenUpTo(ctx)
	for kept := after; err == nil; {
		var deleted []StoredEvent
		var last int64
		if deleted, last, err = s.deletionsAfter(ctx, after); err != nil {
			return err
		}
		if err := s.forget(ctx, deleted); err != nil {
			return err
		}
		if len(deleted) > 0 || last-kept >= forgetWindow {
			if err := s.store.AcknowledgeEvents(ctx, forgetter, last); err != nil {
				return err
			}
			kept = last
		}
		if last-after < forgetWindow && len(deleted) < forgetAtOnce {
			err = giveWay(ctx, forgetPoll)
		}
		after = last
	}
	return err
}

// forgottenUpTo answers the position to go on from: the oldest there is where there was none, or it is of no use any more.
func (s *Service) forgottenUpTo(ctx context.Context) (int64, error) {
	head, pruned, err := s.store.EventBounds(ctx)
	if err != nil {
		return 0, err
	}
	position, known, err := s.store.ConsumerPosition(ctx, forgetter)
	if err != nil || known && !outOfReach(position, head, pruned) {
		return position, err
	}
	return pruned, nil
}

// deletionsAfter answers deletions after a position, and up to where there are no others.
func (s *Service) deletionsAfter(ctx context.Context, after int64) (deleted []StoredEvent, last int64, err error) {
	head, _, err := s.store.EventBounds(ctx)
	if err != nil || head <= after {
		return nil, after, err
	}
	q := EventsQuery{After: after, UpTo: min(head, after+forgetWindow), Kind: EventMessageDeleted, Textless: true, Limit: forgetAtOnce}
	deleted, err = s.store.ListEvents(ctx, q)
	if len(deleted) == q.Limit {
		return deleted, deleted[q.Limit-1].Position, err
	}
	return deleted, q.UpTo, err
}

// forget tells the moderation service of deletions. An older one has no queue, and no texts.
func (s *Service) forget(ctx context.Context, deleted []StoredEvent) error {
	messages := map[string][]string{}
	for _, e := range deleted {
		messages[e.ApplicationID] = append(messages[e.ApplicationID], e.Event.GetMessage().GetId())
	}
	for applicationID, ids := range messages {
		_, err := s.moderation.ForgetMessages(asComponent(ctx, applicationID), &moderationv1.ForgetMessagesRequest{MessageIds: ids})
		if err != nil && rpcerr.Code(err) != codes.Unimplemented {
			return err
		}
	}
	return nil
}
