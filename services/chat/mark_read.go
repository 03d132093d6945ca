package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// MarkRead says that the caller has read everything up to a seq.
func (s *Service) MarkRead(ctx context.Context, req *chatv1.MarkReadRequest) (*chatv1.Participant, error) {
	return s.advance(ctx, req.GetConversationId(), Read, req.GetSeq())
}
