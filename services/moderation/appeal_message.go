package moderation

import (
	"context"
	"errors"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// AppealMessage adds what the sender of a held or rejected message says to it. The same again is the same answer.
func (s *Service) AppealMessage(ctx context.Context, req *moderationv1.AppealMessageRequest) (*moderationv1.Review, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	appeal := ReviewAppeal{ApplicationID: application, By: subjectOf(ctx), Note: strings.TrimSpace(req.GetNote())}
	if appeal.Note == "" {
		return nil, rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"The note says nothing.", rpcerr.Field("note", "is blank"))
	}
	review, err := s.appeal(ctx, req.GetMessageId(), appeal)
	if err != nil {
		return nil, err
	}
	return toSender(review), nil
}

// appeal keeps an appeal, or answers the same that was made before.
func (s *Service) appeal(ctx context.Context, messageID string, a ReviewAppeal) (review *moderationv1.Review, err error) {
	for range lookAgain {
		if a.Was, err = s.store.GetReview(ctx, a.ApplicationID, messageID); err != nil {
			return nil, err
		}
		if err := a.allowed(); err != nil {
			return nil, err
		}
		if a.Was.GetAppealedAt() != nil {
			return a.Was, nil
		}
		if review, err = s.store.AppealReview(ctx, a); !errors.Is(err, ErrReviewChanged) {
			break
		}
	}
	return review, err
}

// allowed says whether the sender may say something to what has become of a message.
func (a ReviewAppeal) allowed() error {
	was := a.Was
	rejected := was.GetStatus() == moderationv1.Verdict_rejected
	held := was.GetStatus() == moderationv1.Verdict_pending && !was.GetIsPublished()
	switch {
	// Of a message that everybody sees, its sender is not told that moderators look at it too.
	case was.GetSenderId() != a.By || !held && !rejected:
		return ErrNotFound
	case isGone(was):
		return errMessageGone
	case was.GetAppealedAt() != nil && was.GetAppeal() != a.Note:
		return rpcerr.New(codes.AlreadyExists, rpcv1.ErrorReason_ALREADY_EXISTS,
			"There is an appeal already, and one is all there is.", rpcerr.Field("note", "was given already"))
	}
	return nil
}

// toSender leaves out of a review what is between moderators: who decided, what they noted, and which rules are being tried.
func toSender(r *moderationv1.Review) *moderationv1.Review {
	r.ReviewedBy, r.Note = "", ""
	r.Reasons = slices.DeleteFunc(r.GetReasons(), (*moderationv1.Reason).GetDryRun)
	return r
}
