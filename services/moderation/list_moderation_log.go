package moderation

import (
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ListModerationLog pages through what moderators and senders of the caller's application did, latest first.
func (s *Service) ListModerationLog(ctx context.Context, req *moderationv1.ListModerationLogRequest) (*moderationv1.ListModerationLogResponse, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	var before logKey
	if req.GetPageToken() != "" {
		if err := parsePageToken(req.GetPageToken(), &before); err != nil {
			return nil, err
		}
	}
	limit := pageSize(req.GetLimit())
	list, err := s.store.ListLog(ctx, LogQuery{
		ApplicationID: application,
		MessageID:     req.GetMessageId(),
		Before:        before.ID,
		Limit:         limit + 1, // One more tells whether there is a page after this one.
	})
	if err != nil {
		return nil, err
	}
	answer := &moderationv1.ListModerationLogResponse{Entries: list}
	if len(list) > limit {
		answer.Entries = list[:limit]
		answer.NextPageToken = pageToken(logKey{list[limit-1].GetId()})
	}
	return answer, nil
}
