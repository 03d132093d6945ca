package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// GetAnonymousUser answers what is known of a visitor.
func (s *Service) GetAnonymousUser(ctx context.Context, req *chatv1.GetAnonymousUserRequest) (*chatv1.AnonymousUser, error) {
	p := caller(ctx)
	if p.Kind == auth.KindVisitor || actsAsItself(p) {
		v, err := s.visitor(ctx, req.GetId())
		return v.AnonymousUser, err
	}
	v, err := s.findVisitor(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	if _, _, err := s.placeWith(ctx, v); err != nil {
		return nil, err
	}
	return v.AnonymousUser, nil
}
