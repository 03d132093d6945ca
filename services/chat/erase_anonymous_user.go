package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// EraseAnonymousUser takes away what is kept of a visitor. The conversation stays to the user they wrote to.
func (s *Service) EraseAnonymousUser(ctx context.Context, req *chatv1.EraseAnonymousUserRequest) (*emptypb.Empty, error) {
	v, err := s.visitor(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	err = s.store.EraseVisitor(ctx, Erasure{
		ApplicationID: v.ApplicationID,
		ID:            v.AnonymousUser.GetId(),
		Messages:      req.GetEraseMessages(),
		CountedSince:  s.now().Add(-s.visitorRules(v.ApplicationID).LimitWindow),
	})
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
