package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// MarkDelivered says that the caller's device has everything up to a seq.
func (s *Service) MarkDelivered(ctx context.Context, req *chatv1.MarkDeliveredRequest) (*chatv1.Participant, error) {
	return s.advance(ctx, req.GetConversationId(), Delivered, req.GetSeq())
}

// advance moves one of the caller's watermarks.
func (s *Service) advance(ctx context.Context, conversationID string, kind ReceiptKind, seq int64) (*chatv1.Participant, error) {
	me, err := subject(caller(ctx))
	if err != nil {
		return nil, err
	}
	if !s.features[caller(ctx).ApplicationID].offerEverything() {
		if _, err := s.visible(ctx, conversationID); err != nil {
			return nil, err
		}
	}
	return s.store.AdvanceReceipt(ctx, caller(ctx).ApplicationID, conversationID, me, kind, seq)
}
