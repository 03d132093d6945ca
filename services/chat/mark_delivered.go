package chat

import (
	"context"
	"errors"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// MarkDelivered says that the caller's device has everything up to a seq.
func (s *Service) MarkDelivered(ctx context.Context, req *chatv1.MarkDeliveredRequest) (*chatv1.Participant, error) {
	return s.advance(ctx, req.GetConversationId(), Delivered, req.GetSeq())
}

// advance moves one of the caller's watermarks.
func (s *Service) advance(ctx context.Context, conversationID string, kind ReceiptKind, seq int64) (*chatv1.Participant, error) {
	me, err := s.subject(ctx)
	if err != nil {
		return nil, err
	}
	member, err := s.store.AdvanceReceipt(ctx, caller(ctx).ApplicationID, conversationID, me, kind, seq)
	if errors.Is(err, ErrNotFound) {
		member, err = s.advanceAddressee(ctx, conversationID, kind, seq)
	}
	if err != nil || member.GetViaTarget() == "" {
		return member, err
	}
	return member, s.recordReceipt(ctx, member, kind)
}

// advanceAddressee moves the watermark of one of an announcement's audience, who had no place in it before now.
func (s *Service) advanceAddressee(ctx context.Context, conversationID string, kind ReceiptKind, seq int64) (*chatv1.Participant, error) {
	c, member, err := s.visible(ctx, conversationID)
	if err != nil {
		return nil, err
	}
	if err := s.seated(ctx, c, member); err != nil {
		return nil, err
	}
	return s.store.AdvanceReceipt(ctx, c.GetApplicationId(), conversationID, Subject(member), kind, seq)
}

// recordReceipt has a receipt counted in an announcement's statistics. It comes after the watermark: when it fails, the
// caller says the same again.
func (s *Service) recordReceipt(ctx context.Context, member *chatv1.Participant, kind ReceiptKind) error {
	_, err := s.audience.RecordReceipt(asComponent(ctx, caller(ctx).ApplicationID), &audiencev1.RecordReceiptRequest{
		ConversationId: member.GetConversationId(), UserId: member.GetUserId(), Read: kind == Read,
	})
	return err
}
