package chat

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
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

// mayReply is the rule of who may write: nobody once the conversation has expired; then the participant's own canReply,
// where it is set; then their role; then the conversation's reply permission.
func mayReply(c *chatv1.Conversation, p *chatv1.Participant, now time.Time) error {
	if expired(c, now) {
		return rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED, "The conversation has expired.")
	}
	if p == nil {
		return notAParticipant()
	}
	if p.CanReply != nil {
		return replyAllowed(p.GetCanReply())
	}
	if p.GetRole() == chatv1.Participant_read_only {
		return replyAllowed(false)
	}
	switch c.GetReplyPermission() {
	case chatv1.Conversation_all:
		return nil
	case chatv1.Conversation_admins_only:
		return replyAllowed(p.GetRole() == chatv1.Participant_admin)
	case chatv1.Conversation_sender_only:
		return replyAllowed(c.GetCreatedBy() == Subject(p))
	default:
		return replyAllowed(false)
	}
}

func replyAllowed(allowed bool) error {
	if allowed {
		return nil
	}
	return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED, "Writing is not allowed in this conversation.")
}

// expired says whether the conversation is over at a moment.
func expired(c *chatv1.Conversation, now time.Time) bool {
	return c.GetExpiryDate() != nil && !c.GetExpiryDate().AsTime().After(now)
}

func notFound(what string) error {
	return rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such "+what+".")
}

func notAParticipant() error {
	return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_A_PARTICIPANT, "The user takes no part in this conversation.")
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
	switch {
	case errors.Is(err, ErrNotFound), !opens(p, conversationID):
		return nil, nil, s.unseen(ctx, "conversation")
	case err != nil:
		return nil, nil, err
	case actsAsItself(p):
		return c, nil, nil
	}
	if c.GetType() == chatv1.Conversation_announcement && (member == nil || member.GetViaTarget() != "") {
		if member, err = s.addressee(ctx, c, p, member); err != nil {
			return nil, nil, err
		}
	}
	if member == nil {
		return nil, nil, s.unseen(ctx, "conversation")
	}
	return c, member, nil
}

// administered is visible, for what only the conversation's admins may do.
func (s *Service) administered(ctx context.Context, conversationID string) (*chatv1.Conversation, error) {
	c, member, err := s.visible(ctx, conversationID)
	if err != nil {
		return nil, err
	}
	return c, mayAdminister(caller(ctx), member)
}

// mayAdminister is the rule of who may change a conversation: its admins, and a caller acting as itself.
func mayAdminister(p auth.Principal, member *chatv1.Participant) error {
	if actsAsItself(p) || member.GetRole() == chatv1.Participant_admin {
		return nil
	}
	return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED, "Only an admin of the conversation may do this.")
}
