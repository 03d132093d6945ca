package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

// presentVisitors is the broker's authenticator. It lets a visitor in only while they are in the conversation that their
// token opens: its signature is good for as long as it says, but the visitor may have become a user, or been erased.
type presentVisitors struct {
	broker.Authenticator
	membership broker.Membership
}

// errVisitorGone says that a visitor's token was good and is worth nothing any more.
var errVisitorGone = errors.New("the visitor is not in the conversation of their token")

// Token answers the principal of a token.
func (v presentVisitors) Token(ctx context.Context, token string) (auth.Principal, error) {
	p, err := v.Authenticator.Token(ctx, token)
	if err != nil || p.Kind != auth.KindVisitor {
		return p, err
	}
	present, err := v.membership.MayAccess(ctx, p.ApplicationID, p.Subject(), p.ConversationID)
	switch {
	case err != nil:
		// Nothing is known about the token, so the client keeps it.
		return auth.Principal{}, fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	case !present:
		return auth.Principal{}, errVisitorGone
	}
	return p, nil
}
