package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// SetReplyPermission says who may write in a conversation.
func (s *Service) SetReplyPermission(ctx context.Context, req *chatv1.SetReplyPermissionRequest) (*chatv1.Conversation, error) {
	return s.changeConversation(ctx, permission.SetReplyPermission, req.GetId(), func(c *chatv1.Conversation) error {
		c.ReplyPermission = req.GetReplyPermission()
		return nil
	})
}
