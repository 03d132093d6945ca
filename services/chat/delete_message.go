package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// DeleteMessage takes a message's text away for everyone. Its sender may, and an admin of the conversation.
func (s *Service) DeleteMessage(ctx context.Context, req *chatv1.DeleteMessageRequest) (*emptypb.Empty, error) {
	m, c, member, err := s.visibleMessage(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	action := permission.DeleteOthers
	if isSender(m, member) {
		action = permission.DeleteOwn
	}
	if err := s.may(ctx, action, c, member); err != nil {
		return nil, err
	}
	p := caller(ctx)
	if err := s.store.DeleteMessage(ctx, p.ApplicationID, m.GetId(), p.Subject()); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
