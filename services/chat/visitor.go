package chat

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// A visitor's token opens one conversation, until they become a user or are erased. What a call shows is theirs by their
// membership, as for anyone; these are the rules that come on top.

// opens says whether a caller's credentials are good for a conversation. A visitor whom a gateway vouches for by their name
// alone is held to their membership.
func opens(p auth.Principal, conversationID string) bool {
	return p.Kind != auth.KindVisitor || p.ConversationID == "" || p.ConversationID == conversationID
}

// visitorsWelcome is the rule that visitors come only to applications that have them.
func (s *Service) visitorsWelcome(p auth.Principal) error {
	if p.Kind != auth.KindVisitor {
		return nil
	}
	return s.features[p.ApplicationID].offer(chatv1.Conversation_anonymous)
}

// errTokenRevoked is a sentinel and no status, because a status of this code that a handler has is another service's word
// on this one.
var errTokenRevoked = errors.New("the visitor became a user or was erased")

// admitVisitor refuses a visitor whose token is worth nothing any more. Of other callers it asks nothing.
func (s *Service) admitVisitor(ctx context.Context) error {
	p := caller(ctx)
	if p.Kind != auth.KindVisitor {
		return nil
	}
	if err := s.visitorsWelcome(p); err != nil {
		return err
	}
	v, err := s.store.FindVisitor(ctx, p.ApplicationID, p.UserID)
	if errors.Is(err, ErrNotFound) || err == nil && v.Gone() {
		return errTokenRevoked
	}
	return err
}

// unseen answers a caller to whom something does not exist; a visitor, who may have been able to see it, why.
func (s *Service) unseen(ctx context.Context, what string) error {
	if err := s.admitVisitor(ctx); err != nil {
		return err
	}
	return notFound(what)
}

// visitor answers a visitor as callers acting as themselves, and the visitor, may see them. Nobody else may.
func (s *Service) visitor(ctx context.Context, id string) (Visitor, error) {
	if err := s.admitVisitor(ctx); err != nil {
		return Visitor{}, err
	}
	p := caller(ctx)
	if p.Kind == auth.KindVisitor && !strings.EqualFold(p.UserID, id) {
		return Visitor{}, notFound("visitor")
	}
	return s.findVisitor(ctx, id)
}

// findVisitor answers a visitor of the caller's application.
func (s *Service) findVisitor(ctx context.Context, id string) (Visitor, error) {
	v, err := s.store.FindVisitor(ctx, caller(ctx).ApplicationID, id)
	if errors.Is(err, ErrNotFound) {
		return Visitor{}, notFound("visitor")
	}
	return v, err
}

// placeWith answers a visitor's conversation and the calling user's place in it. To those who have none, there is no such
// visitor.
func (s *Service) placeWith(ctx context.Context, v Visitor) (*chatv1.Conversation, *chatv1.Participant, error) {
	c, member, err := s.visible(ctx, v.ConversationID)
	if rpcerr.Code(err) == codes.NotFound {
		return nil, nil, notFound("visitor")
	}
	return c, member, err
}

// isVisitor says whether a subject is a visitor's.
func isVisitor(subject string) bool {
	_, is := VisitorID(subject)
	return is
}

// mustBeUser refuses a visitor where a user is asked for.
func mustBeUser(field, userID string) error {
	if isVisitor(userID) {
		return invalid(field, "must not begin with anon:, which is kept for visitors")
	}
	return nil
}
