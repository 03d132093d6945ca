package moderation

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// maxContent and maxSubject are what a store takes, in bytes.
	maxContent, maxSubject = 64 << 10, 80
	// maxReasonBytes is what a store takes of reasons. A text of nothing but hits has more.
	maxReasonBytes = 60 << 10
)

// HoldMessage puts a message into the review queue.
func (s *Service) HoldMessage(ctx context.Context, req *moderationv1.HoldMessageRequest) (*moderationv1.HoldMessageResponse, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	review := proto.CloneOf(req.GetReview())
	if err := checkHeld(review); err != nil {
		return nil, err
	}
	if review.GetCreatedAt() == nil {
		review.CreatedAt = timestamppb.New(s.now())
	}
	review.Reasons = fitting(review.GetReasons())
	if err := s.store.HoldMessage(ctx, application, review, req.GetIsEdit()); err != nil {
		return nil, err
	}
	return &moderationv1.HoldMessageResponse{}, nil
}

// checkHeld refuses what cannot be in the queue. It is not in the proto file, because a Review is mostly an answer.
func checkHeld(r *moderationv1.Review) error {
	violations := map[string]string{}
	if uuid.Validate(r.GetMessageId()) != nil {
		violations["messageId"] = "is no UUID"
	}
	if uuid.Validate(r.GetConversationId()) != nil {
		violations["conversationId"] = "is no UUID"
	}
	if n := len(r.GetSenderId()); n == 0 || n > maxSubject {
		violations["senderId"] = "is no subject"
	}
	if n := len(r.GetContent()); n == 0 || n > maxContent {
		violations["content"] = fmt.Sprintf("has %d bytes, of 1 to %d", n, maxContent)
	}
	for _, field := range []string{"messageId", "conversationId", "senderId", "content"} {
		if wrong := violations[field]; wrong != "" {
			return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
				"The review is not valid.", rpcerr.Field("review."+field, wrong))
		}
	}
	return nil
}

// fitting answers as many of the reasons, from the first, as there is room for.
func fitting(reasons []*moderationv1.Reason) []*moderationv1.Reason {
	size := 0
	for i, r := range reasons {
		const tagAndLength = 4
		if size += proto.Size(r) + tagAndLength; size > maxReasonBytes {
			return reasons[:i]
		}
	}
	return reasons
}
