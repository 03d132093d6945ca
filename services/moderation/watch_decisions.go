package moderation

import (
	"context"

	"google.golang.org/grpc/metadata"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/outbox"
)

// decisionsAtOnce is how many decisions a watcher is given before it has settled any.
const decisionsAtOnce = 256

// WatchDecisions sends the decisions that were not settled, and then those that are made, in whichever process. A decision has
// no position to go on from: what is unsettled is what is left to be done, also for who was cut off and comes again. So
// nothing is missed whose transaction came late.
func (s *Service) WatchDecisions(_ *moderationv1.WatchDecisionsRequest, stream moderationv1.ModerationService_WatchDecisionsServer) error {
	// Who waits for the headers knows that from here on nothing is missed.
	if err := stream.SendHeader(metadata.Pairs("x-palabre-watching", "decisions")); err != nil {
		return err
	}
	var sent sentDecisions
	return outbox.Relay[*moderationv1.Review]{
		Fetch: func(ctx context.Context, _ int64, limit int) ([]*moderationv1.Review, int64, error) {
			unsettled, err := s.store.ListDecisions(ctx, limit)
			if err != nil {
				return nil, 0, err
			}
			return sent.others(unsettled), 0, nil
		},
		Deliver: func(r *moderationv1.Review) error {
			return stream.Send(&moderationv1.WatchDecisionsResponse{Review: r})
		},
		Bell:      s.bell,
		BatchSize: decisionsAtOnce,
		Logger:    s.logger,
	}.Run(stream.Context(), 0)
}

// sentDecisions are the times of decisions that a watcher was sent and has not settled, by message.
type sentDecisions map[string]int64

// others answers those of the unsettled decisions that were not sent, and counts them as sent. It forgets the settled.
func (sent *sentDecisions) others(unsettled []*moderationv1.Review) []*moderationv1.Review {
	now := make(sentDecisions, len(unsettled))
	var others []*moderationv1.Review
	for _, r := range unsettled {
		id, at := r.GetMessageId(), r.GetReviewedAt().AsTime().UnixMicro()
		if (*sent)[id] != at {
			others = append(others, r)
		}
		now[id] = at
	}
	*sent = now
	return others
}
