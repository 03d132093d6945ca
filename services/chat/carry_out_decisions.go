package chat

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// carryOutDecisions does what moderators decide on messages, in the order in which they did. A decision stays unsettled
// until it is done, and comes again after a crash; done twice, it changes nothing.
func (s *Service) carryOutDecisions(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.moderation.WatchDecisions(asComponent(ctx, ""), &moderationv1.WatchDecisionsRequest{})
	for err == nil {
		var decision *moderationv1.WatchDecisionsResponse
		if decision, err = stream.Recv(); err == nil {
			err = s.carryOut(ctx, decision.GetReview())
		}
	}
	if rpcerr.Code(err) == codes.Unimplemented {
		return giveWay(ctx, unknownRest) // An older one has no queue.
	}
	return err
}

// carryOut does one decision, and settles it. Of a message that is gone there is nothing left to do.
func (s *Service) carryOut(ctx context.Context, r *moderationv1.Review) error {
	err := s.store.DecideMessage(ctx, Decision{
		ApplicationID: r.GetApplicationId(),
		MessageID:     r.GetMessageId(),
		Approved:      r.GetStatus() == moderationv1.Verdict_approved,
		Reasons:       effective(r.GetReasons()),
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err = s.moderation.SettleDecisions(asComponent(ctx, r.GetApplicationId()), &moderationv1.SettleDecisionsRequest{
		Decisions: []*moderationv1.Decision{{MessageId: r.GetMessageId(), ReviewedAt: r.GetReviewedAt()}},
	})
	return err
}
