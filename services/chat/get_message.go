package chat

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// GetMessage answers a message of a conversation the caller takes part in.
func (s *Service) GetMessage(ctx context.Context, req *chatv1.GetMessageRequest) (*chatv1.Message, error) {
	m, _, _, err := s.visibleMessage(ctx, req.GetId())
	return m, err
}

// visibleMessage answers a message, its conversation, and the caller's place there: nil for a caller acting as itself.
func (s *Service) visibleMessage(ctx context.Context, id string) (*chatv1.Message, *chatv1.Conversation, *chatv1.Participant, error) {
	m, _, err := s.store.FindMessage(ctx, caller(ctx).ApplicationID, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil, nil, s.unseen(ctx, "message")
	}
	if err != nil {
		return nil, nil, nil, err
	}
	c, member, err := s.visible(ctx, m.GetConversationId())
	if rpcerr.Code(err) == codes.NotFound {
		return nil, nil, nil, notFound("message")
	}
	return m, c, member, err
}
