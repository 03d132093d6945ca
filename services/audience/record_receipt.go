package audience

import (
	"context"
	"errors"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// RecordReceipt notes that a user received or read an announcement. Receipts come late and more than once: one of a user
// who is not in the audience any more, or for an announcement that is gone, is no error and changes nothing.
func (s *Service) RecordReceipt(ctx context.Context, req *audiencev1.RecordReceiptRequest) (*audiencev1.RecordReceiptResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	target, err := s.match(ctx, in.applicationID, req.GetConversationId(), req.GetUserId())
	if err == nil && target != nil {
		err = s.store.RecordReceipt(ctx, in.applicationID, req.GetConversationId(), req.GetUserId(), req.GetRead())
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return &audiencev1.RecordReceiptResponse{}, nil
}
