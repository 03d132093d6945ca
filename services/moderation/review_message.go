package moderation

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// ReviewMessage approves or rejects a message. What was decided is carried out by the chat service, which watches for it.
func (s *Service) ReviewMessage(ctx context.Context, req *moderationv1.ReviewMessageRequest) (*moderationv1.Review, error) {
	decision, err := decisionOf(ctx, req.GetStatus(), req.GetNote())
	if err != nil {
		return nil, err
	}
	review, decided, err := s.decide(ctx, req.GetMessageId(), decision, req.GetOverturn())
	if decided {
		s.bell.Ring()
	}
	return review, err
}

// decisionOf is a decision of the caller's.
func decisionOf(ctx context.Context, status moderationv1.Verdict_Status, note string) (ReviewDecision, error) {
	application, err := applicationOf(ctx)
	return ReviewDecision{ApplicationID: application, Status: status, By: subjectOf(ctx), Note: note}, err
}

// lookAgain is how often a review is looked at that changes while something is done with it.
const lookAgain = 5

// decide keeps a decision on a message, or answers the same that was made before; decided says that it is new. Nobody is kept
// waiting: who decides on what was just decided looks at it again, and finds the decision.
func (s *Service) decide(ctx context.Context, messageID string, d ReviewDecision, overturn bool) (review *moderationv1.Review, decided bool, err error) {
	for range lookAgain {
		if d.Was, err = s.store.GetReview(ctx, d.ApplicationID, messageID); err != nil {
			return nil, false, err
		}
		if err := d.allowed(overturn); err != nil {
			return nil, false, err
		}
		if d.Was.GetStatus() == d.Status {
			return d.Was, false, nil
		}
		if review, err = s.store.DecideReview(ctx, d); !errors.Is(err, ErrReviewChanged) {
			break
		}
	}
	return review, err == nil, err
}

// allowed says whether the decision may be made on what it is about.
func (d ReviewDecision) allowed(overturn bool) error {
	was := d.Was
	switch {
	case d.By != "" && d.By == was.GetSenderId():
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED,
			"Nobody decides on their own message. Leave it to another moderator.")
	case was.GetStatus() == moderationv1.Verdict_pending || was.GetStatus() == d.Status:
		return nil
	case !overturn:
		return alreadyReviewed(was)
	case isGone(was):
		return errMessageGone
	}
	return nil
}

// isGone says that there is nothing left to publish, or to take away: the message was deleted, by its sender or because it
// was rejected after others had seen it.
func isGone(r *moderationv1.Review) bool {
	return r.GetContent() == "" || r.GetStatus() == moderationv1.Verdict_rejected && r.GetIsPublished()
}

// alreadyReviewed tells a moderator what another one has decided.
func alreadyReviewed(was *moderationv1.Review) error {
	return rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_ALREADY_REVIEWED,
		"The message was "+was.GetStatus().String()+" already. To decide otherwise, set overturn.",
		rpcerr.Field("status", "another decision was made"),
		rpcerr.Metadata("status", was.GetStatus().String()),
		rpcerr.Metadata("reviewedBy", was.GetReviewedBy()),
		rpcerr.Metadata("reviewedAt", was.GetReviewedAt().AsTime().Format(time.RFC3339Nano)))
}
