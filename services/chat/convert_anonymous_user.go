package chat

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat/permission"
)

// ConvertAnonymousUser makes a visitor a user, who keeps the whole history.
func (s *Service) ConvertAnonymousUser(ctx context.Context, req *chatv1.ConvertAnonymousUserRequest) (*chatv1.AnonymousUser, error) {
	if err := mustBeUser("userId", req.GetUserId()); err != nil {
		return nil, err
	}
	if err := s.mayConvert(ctx, req); err != nil {
		return nil, err
	}
	v, err := s.store.ConvertVisitor(ctx, caller(ctx).ApplicationID, req.GetId(), req.GetUserId())
	return v.AnonymousUser, err
}

// mayConvert is the rule of who may say which user a visitor is: a back end, the user who has their conversation, and a
// user who shows the visitor's token, of themself.
func (s *Service) mayConvert(ctx context.Context, req *chatv1.ConvertAnonymousUserRequest) error {
	p := caller(ctx)
	if !actsAsItself(p) && req.GetVisitorToken() != "" {
		return s.provesVisit(ctx, req)
	}
	v, err := s.findVisitor(ctx, req.GetId())
	if err != nil {
		return err
	}
	if actsAsItself(p) {
		return s.features[p.ApplicationID].offer(chatv1.Conversation_anonymous)
	}
	c, member, err := s.placeWith(ctx, v)
	if err != nil {
		return err
	}
	return s.may(ctx, permission.ConvertVisitor, c, member)
}

// provesVisit says that the calling user was the visitor, whose token they have, and speaks of themself.
func (s *Service) provesVisit(ctx context.Context, req *chatv1.ConvertAnonymousUserRequest) error {
	p := caller(ctx)
	if req.GetUserId() != p.UserID {
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED,
			"With a visitor's token, a user says of themself only that it was them.", rpcerr.Field("userId", "is not the caller"))
	}
	visitor, err := s.visitorTokens.Verify(req.GetVisitorToken())
	if err != nil || visitor.ApplicationID != p.ApplicationID || !strings.EqualFold(visitor.UserID, req.GetId()) {
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED,
			"The token is none of this visitor.", rpcerr.Field("visitorToken", "is no token of this visitor, or has expired"))
	}
	return s.features[p.ApplicationID].offer(chatv1.Conversation_anonymous)
}
