package moderation

import (
	"cmp"
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// defaultWaiting is how many waiting messages a page has.
const defaultWaiting = 200

// ListWaitingMessages pages through what waits unpublished, so that the chat service finds what it never stored.
func (s *Service) ListWaitingMessages(
	ctx context.Context, req *moderationv1.ListWaitingMessagesRequest,
) (*moderationv1.ListWaitingMessagesResponse, error) {
	limit := cmp.Or(int(req.GetLimit()), defaultWaiting)
	list, err := s.store.ListWaiting(ctx, req.GetHeldBefore().AsTime(), req.GetAfterMessageId(), limit)
	if err != nil {
		return nil, err
	}
	return &moderationv1.ListWaitingMessagesResponse{Messages: list}, nil
}
