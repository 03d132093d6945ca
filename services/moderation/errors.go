package moderation

import (
	"context"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// Errors says what callers are told of the Store's sentinels.
func Errors() rpcerr.Table {
	return rpcerr.Table{
		rpcerr.Map(ErrUnavailable, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, ""),
		rpcerr.Map(ErrNotFound, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such thing."),
		rpcerr.Map(ErrRulesChanged, codes.Aborted, rpcv1.ErrorReason_RULES_CHANGED, ""),
		rpcerr.Map(ErrReviewChanged, codes.Aborted, rpcv1.ErrorReason_ALREADY_REVIEWED,
			"Others decide on the message at this very moment. Look at it again."),
	}
}

// errMessageGone tells who comes too late to change what becomes of a message.
var errMessageGone = rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_DELETED, "The message was deleted.")

// applicationOf answers the application that a call is about. A peer may serve them all; then it says which it means.
func applicationOf(ctx context.Context) (string, error) {
	p, _ := auth.FromContext(ctx) // The interceptors let no call pass without one.
	if p.ApplicationID == "" {
		return "", rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"The call is made for no application.", rpcerr.Field(auth.MetadataPrincipal, "names no application"))
	}
	return p.ApplicationID, nil
}

// subjectOf names the person in whose name a call is made; nobody where a back end calls as itself.
func subjectOf(ctx context.Context) string {
	p, _ := auth.FromContext(ctx) // The interceptors let no call pass without one.
	return p.Subject()
}
