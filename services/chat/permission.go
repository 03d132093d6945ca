package chat

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat/permission"
)

// caller answers who makes the call. The interceptors let no call pass without one.
func caller(ctx context.Context) auth.Principal {
	p, _ := auth.FromContext(ctx)
	return p
}

// actsAsItself says that the caller is a back end or a component of Palabre acting in nobody's name. It sees everything
// of its application, and what it writes comes from the system.
func actsAsItself(p auth.Principal) bool { return p.Subject() == "" }

// subject answers in whose name the call is made, where it has to be in someone's who is still there.
func (s *Service) subject(ctx context.Context) (string, error) {
	if err := s.admitVisitor(ctx); err != nil {
		return "", err
	}
	return subject(caller(ctx))
}

// subject answers in whose name a caller calls.
func subject(p auth.Principal) (string, error) {
	if actsAsItself(p) {
		return "", rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"This call is made in a user's name: a service says in whose.",
			rpcerr.Field("x-palabre-user", "is missing"))
	}
	return p.Subject(), nil
}

func notFound(what string) error {
	return rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such "+what+".")
}

// may answers nil when the caller may do something in a conversation in which this is their place, and otherwise what to
// tell them.
func (s *Service) may(ctx context.Context, action permission.Action, c *chatv1.Conversation, member *chatv1.Participant) error {
	return permission.Check(action, c, permission.Caller{Subject: caller(ctx).Subject(), Participant: member}, s.now())
}

// visible answers a conversation and the caller's place in it. To a user who has none it does not exist; a caller acting
// as itself has none anywhere and sees it all the same. An announcement is there for its author, and for those of its
// audience while it lasts.
func (s *Service) visible(ctx context.Context, conversationID string) (*chatv1.Conversation, *chatv1.Participant, error) {
	p := caller(ctx)
	if err := s.visitorsWelcome(p); err != nil {
		return nil, nil, err
	}
	c, member, err := s.store.GetMembership(ctx, p.ApplicationID, conversationID, p.Subject())
	if errors.Is(err, ErrNotFound) || !opens(p, conversationID) {
		return nil, nil, s.unseen(ctx, "conversation")
	}
	if err != nil {
		return nil, nil, err
	}
	if named := member != nil && member.GetViaTarget() == ""; !named && c.GetType() == chatv1.Conversation_announcement {
		if member, err = s.addressee(ctx, c, p, member); err != nil {
			return nil, nil, err
		}
	}
	if !permission.Sees(c, permission.Caller{Subject: p.Subject(), Participant: member}, s.now()) {
		return nil, nil, s.unseen(ctx, "conversation")
	}
	return c, member, s.features[p.ApplicationID].offer(c.GetType())
}

// allowed is visible, where the caller may do something.
func (s *Service) allowed(ctx context.Context, action permission.Action, conversationID string) (*chatv1.Conversation, error) {
	c, member, err := s.visible(ctx, conversationID)
	if err != nil {
		return nil, err
	}
	return c, s.may(ctx, action, c, member)
}
