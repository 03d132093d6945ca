package chat

import (
	"context"
	"errors"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// GetMessage answers a message of a conversation the caller takes part in.
func (s *Service) GetMessage(ctx context.Context, req *chatv1.GetMessageRequest) (*chatv1.Message, error) {
	m, _, err := s.visibleMessage(ctx, req.GetId())
	return m, err
}

// visibleMessage answers a message and the caller's place in its conversation, nil for a caller acting as itself.
func (s *Service) visibleMessage(ctx context.Context, id string) (*chatv1.Message, *chatv1.Participant, error) {
	m, _, err := s.store.FindMessage(ctx, caller(ctx).ApplicationID, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil, notFound("message")
	}
	if err != nil {
		return nil, nil, err
	}
	c, member, err := s.store.GetMembership(ctx, caller(ctx).ApplicationID, m.GetConversationId(), caller(ctx).Subject())
	if errors.Is(err, ErrNotFound) || (err == nil && c != nil && member == nil && !actsAsItself(caller(ctx))) {
		return nil, nil, notFound("message")
	}
	return m, member, err
}
