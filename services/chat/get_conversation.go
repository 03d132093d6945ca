package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// GetConversation answers a conversation the caller takes part in, with its participants where they may see them.
func (s *Service) GetConversation(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
	at, err := s.visible(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	if s.may(permission.SeeParticipants, at) != nil {
		return at.conversation, nil
	}
	return s.withParticipants(ctx, at.conversation)
}
