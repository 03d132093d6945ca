package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// PinConversation puts a conversation first in its members' lists, or back among the others.
func (s *Service) PinConversation(ctx context.Context, req *chatv1.PinConversationRequest) (*chatv1.Conversation, error) {
	return s.changeConversation(ctx, permission.Pin, req.GetId(), func(c *chatv1.Conversation) error {
		c.IsPinned = req.IsPinned == nil || req.GetIsPinned()
		return nil
	})
}
