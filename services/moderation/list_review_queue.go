package moderation

import (
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ListReviewQueue pages through the messages of the caller's application that wait for a decision, or got one, oldest first.
func (s *Service) ListReviewQueue(ctx context.Context, req *moderationv1.ListReviewQueueRequest) (*moderationv1.ListReviewQueueResponse, error) {
	query, err := reviewsQuery(ctx, req)
	if err != nil {
		return nil, err
	}
	limit := query.Limit
	query.Limit++ // One more tells whether there is a page after this one.
	list, err := s.store.ListReviews(ctx, query)
	if err != nil {
		return nil, err
	}
	answer := &moderationv1.ListReviewQueueResponse{Messages: list}
	if len(list) > limit {
		answer.Messages = list[:limit]
		answer.NextPageToken = pageToken(reviewKey(list[limit-1]))
	}
	return answer, nil
}

func reviewsQuery(ctx context.Context, req *moderationv1.ListReviewQueueRequest) (ReviewsQuery, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return ReviewsQuery{}, err
	}
	query := ReviewsQuery{
		ApplicationID:  application,
		Status:         req.GetStatus(),
		Rule:           req.GetRule(),
		SenderID:       req.GetSenderId(),
		ConversationID: req.GetConversationId(),
		AppealedOnly:   req.GetAppealedOnly(),
		Limit:          pageSize(req.GetLimit()),
	}
	if query.Status == moderationv1.Verdict_status_unspecified {
		query.Status = moderationv1.Verdict_pending
	}
	if req.GetPageToken() != "" {
		query.After = &ReviewKey{}
		return query, parsePageToken(req.GetPageToken(), query.After)
	}
	return query, nil
}
