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
	if err := s.offers(ctx, conversationID); err != nil {
		return nil, err
	}
	member, err := s.store.AdvanceReceipt(ctx, caller(ctx).ApplicationID, conversationID, me, kind, seq)
	if errors.Is(err, ErrNotFound) {
		return s.advanceAddressee(ctx, conversationID, kind, seq)
	}
	return member, err
}

// advanceAddressee moves the watermark of one of an announcement's audience, who may have no place in it before. It is
// counted in the announcement's statistics first: whoever is told of the receipt finds it there, and when only that was
// done, the caller says the same again.
func (s *Service) advanceAddressee(ctx context.Context, conversationID string, kind ReceiptKind, seq int64) (*chatv1.Participant, error) {
	c, member, err := s.visible(ctx, conversationID)
	switch {
	case err != nil:
		return nil, err
	case member.GetViaTarget() == "":
		return nil, notFound("conversation") // Joined a moment ago; the next receipt finds them.
	}
	if err := s.seated(ctx, c, member); err != nil {
		return nil, err
	}
	_, err = s.audience.RecordReceipt(asComponent(ctx, c.GetApplicationId()), &audiencev1.RecordReceiptRequest{
		ConversationId: c.GetId(), UserId: member.GetUserId(), Read: kind == Read,
	})
	if err != nil {
		return nil, err
	}
	return s.store.AdvanceAddressee(ctx, c.GetApplicationId(), c.GetId(), member.GetUserId(), kind, seq)
}
