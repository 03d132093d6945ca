package audience

import (
	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// Errors says what callers are told of the Store's sentinels.
func Errors() rpcerr.Table {
	return rpcerr.Table{
		rpcerr.Map(ErrNotFound, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such announcement."),
		rpcerr.Map(ErrUnavailable, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, ""),
	}
}

// invalid says what is wrong with a field of the request, called as in JSON.
func invalid(field, description string) error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
		"The request is not valid: "+field+": "+description+".", rpcerr.Field(field, description))
}
