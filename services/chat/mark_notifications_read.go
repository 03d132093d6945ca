package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// MarkNotificationsRead marks some or all of the caller's notifications as read. Ids of no notification of theirs mean
// nothing.
func (s *Service) MarkNotificationsRead(ctx context.Context, req *chatv1.MarkNotificationsReadRequest) (*chatv1.MarkNotificationsReadResponse, error) {
	p := caller(ctx)
	marked, err := s.store.MarkNotificationsRead(ctx, p.ApplicationID, p.UserID, req.GetIds())
	if err != nil {
		return nil, err
	}
	return &chatv1.MarkNotificationsReadResponse{MarkedCount: int32(marked)}, nil
}
