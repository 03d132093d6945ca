package moderation

import (
	"context"
	"errors"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// ReviewMessages approves or rejects messages, each by itself: one that cannot be decided on keeps no other back. Repeating a
// call that failed in between is safe.
func (s *Service) ReviewMessages(ctx context.Context, req *moderationv1.ReviewMessagesRequest) (*moderationv1.ReviewMessagesResponse, error) {
	decision, err := decisionOf(ctx, req.GetStatus(), req.GetNote())
	if err != nil {
		return nil, err
	}
	answer := &moderationv1.ReviewMessagesResponse{}
	for _, id := range req.GetMessageIds() {
		review, decided, err := s.decide(ctx, id, decision, false)
		switch {
		case err == nil:
			answer.Messages = append(answer.Messages, review)
		case isRefusal(err):
			answer.FailedMessageIds = append(answer.FailedMessageIds, id)
		default:
			return nil, err
		}
		if decided {
			s.bell.Ring()
		}
	}
	return answer, nil
}

// isRefusal says that an error is about one message and not about the service.
func isRefusal(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrReviewChanged) ||
		rpcerr.Reason(err) != rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED
}
