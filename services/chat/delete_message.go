package chat

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// DeleteMessage takes a message's text away for everyone. Its sender may, and an admin of the conversation.
func (s *Service) DeleteMessage(ctx context.Context, req *chatv1.DeleteMessageRequest) (*emptypb.Empty, error) {
	m, _, member, err := s.visibleMessage(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	if member != nil && !isSender(m, member) && member.GetRole() != chatv1.Participant_admin {
		return nil, rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED,
			"Only its sender or an admin of the conversation may delete a message.")
	}
	p := caller(ctx)
	if err := s.store.DeleteMessage(ctx, p.ApplicationID, m.GetId(), p.Subject()); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
