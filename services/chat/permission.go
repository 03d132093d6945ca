package chat

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
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

// subject answers in whose name the call is made, where it has to be in someone's.
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

// place is a conversation as its caller finds it, and what they are in it.
type place struct {
	conversation *chatv1.Conversation
	caller       permission.Caller
}

// may answers nil when the caller may do something there, and otherwise what to tell them.
func (s *Service) may(action permission.Action, at place) error {
	return permission.Check(action, at.conversation, at.caller, s.now())
}

// visible answers the caller's place in a conversation. To those who have none it does not exist.
func (s *Service) visible(ctx context.Context, conversationID string) (place, error) {
	p := caller(ctx)
	c, member, err := s.store.GetMembership(ctx, p.ApplicationID, conversationID, p.Subject())
	if errors.Is(err, ErrNotFound) {
		return place{}, notFound("conversation")
	}
	if err != nil {
		return place{}, err
	}
	at := place{c, permission.Caller{Subject: p.Subject(), Participant: member}}
	if at.caller.Addressed, err = s.isAddressee(ctx, c); err != nil {
		return place{}, err
	}
	if !permission.Sees(c, permission.In(c, at.caller, s.now())) {
		return place{}, notFound("conversation")
	}
	return at, s.features[p.ApplicationID].offer(c.GetType())
}

// allowed answers a conversation in which the caller may do something.
func (s *Service) allowed(ctx context.Context, action permission.Action, conversationID string) (*chatv1.Conversation, error) {
	at, err := s.visible(ctx, conversationID)
	if err != nil {
		return nil, err
	}
	return at.conversation, s.may(action, at)
}

// isAddressee says whether the caller is in an announcement's audience now. Nobody but a user is in one.
func (s *Service) isAddressee(ctx context.Context, c *chatv1.Conversation) (bool, error) {
	p := caller(ctx)
	if c.GetType() != chatv1.Conversation_announcement || actsAsItself(p) || p.Kind == auth.KindVisitor || p.UserID == c.GetCreatedBy() {
		return false, nil
	}
	answer, err := s.audience.MatchAudience(asComponent(ctx, p.ApplicationID),
		&audiencev1.MatchAudienceRequest{ConversationId: c.GetId(), UserId: p.UserID})
	if rpcerr.Code(err) == codes.NotFound {
		return false, nil
	}
	return answer.GetTargetId() != "", err
}
