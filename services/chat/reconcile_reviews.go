package chat

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// storedAfter is how long after it was put into the moderators' queue a message is certainly stored, if ever: many times as long
	// as a call may take.
	storedAfter = 15 * time.Minute
	// reconcileEvery is how often to look for messages that were not, waitingAtOnce at a time.
	reconcileEvery = 5 * time.Minute
	waitingAtOnce  = 200
)

// reconcileReviews takes out of the moderators' queue what was put there and never stored: whoever did it was killed in between.
// Its sender, who has no answer, may send it at any time, and puts it there anew; so one that was put there again since it was
// listed stays.
func (s *Service) reconcileReviews(ctx context.Context) error {
	for {
		err := s.dropUnstored(ctx)
		switch {
		case rpcerr.Code(err) == codes.Unimplemented:
			err = giveWay(ctx, unknownRest) // An older one keeps them.
		case err == nil:
			err = giveWay(ctx, reconcileEvery)
		}
		if err != nil {
			return err
		}
	}
}

// dropUnstored goes through all that waits once.
func (s *Service) dropUnstored(ctx context.Context) error {
	before, after := timestamppb.New(s.now().Add(-storedAfter)), ""
	for {
		page, err := s.moderation.ListWaitingMessages(asComponent(ctx, ""), &moderationv1.ListWaitingMessagesRequest{
			HeldBefore: before, Limit: waitingAtOnce, AfterMessageId: after,
		})
		if err != nil {
			return err
		}
		waiting := page.GetMessages()
		if len(waiting) == 0 {
			return nil
		}
		if err := s.drop(ctx, waiting); err != nil {
			return err
		}
		after = waiting[len(waiting)-1].GetMessageId()
	}
}

// drop drops those of some waiting messages that are not stored.
func (s *Service) drop(ctx context.Context, waiting []*moderationv1.WaitingMessage) error {
	var lost []*moderationv1.WaitingMessage
	for _, m := range waiting {
		_, _, err := s.store.FindMessage(ctx, m.GetApplicationId(), m.GetMessageId())
		switch {
		case errors.Is(err, ErrNotFound):
			lost = append(lost, m)
		case err != nil:
			return err
		}
	}
	if len(lost) == 0 {
		return nil
	}
	s.logger.InfoContext(ctx, "messages that were never stored leave the moderators' queue", "count", len(lost))
	_, err := s.moderation.DropWaitingMessages(asComponent(ctx, ""), &moderationv1.DropWaitingMessagesRequest{Messages: lost})
	return err
}
