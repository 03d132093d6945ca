package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// GetConversation answers a conversation the caller takes part in.
func (s *Service) GetConversation(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
	c, _, err := s.visible(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	return s.withParticipants(ctx, c)
}
