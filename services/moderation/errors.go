package moderation

import (
	"context"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// Errors says what callers are told of the service's sentinels. It keeps nothing, and has none.
func Errors() rpcerr.Table { return nil }

// applicationOf answers the application that a call is about. A peer may serve them all; then it says which it means.
func applicationOf(ctx context.Context) (string, error) {
	p, _ := auth.FromContext(ctx) // The interceptors let no call pass without one.
	if p.ApplicationID == "" {
		return "", rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"The call is made for no application.", rpcerr.Field(auth.MetadataPrincipal, "names no application"))
	}
	return p.ApplicationID, nil
}
