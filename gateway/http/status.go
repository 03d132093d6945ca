package httpgw

import (
	"net/http"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// statusClientClosedRequest is what nginx logs for a caller who went away. Nobody is left to read it.
const statusClientClosedRequest = 499

// httpStatuses says what each gRPC code is over HTTP.
var httpStatuses = map[codes.Code]int{
	codes.OK:                 http.StatusOK,
	codes.Canceled:           statusClientClosedRequest,
	codes.Unknown:            http.StatusInternalServerError,
	codes.InvalidArgument:    http.StatusBadRequest,
	codes.DeadlineExceeded:   http.StatusGatewayTimeout,
	codes.NotFound:           http.StatusNotFound,
	codes.AlreadyExists:      http.StatusConflict,
	codes.PermissionDenied:   http.StatusForbidden,
	codes.ResourceExhausted:  http.StatusTooManyRequests,
	codes.FailedPrecondition: http.StatusConflict,
	codes.Aborted:            http.StatusConflict,
	codes.OutOfRange:         http.StatusBadRequest,
	codes.Unimplemented:      http.StatusNotImplemented,
	codes.Internal:           http.StatusInternalServerError,
	codes.Unavailable:        http.StatusServiceUnavailable,
	codes.DataLoss:           http.StatusInternalServerError,
	codes.Unauthenticated:    http.StatusUnauthorized,
}

// httpStatus answers the HTTP status of an error. A reason goes before the code where HTTP has a status for just that.
func httpStatus(code codes.Code, reason rpcv1.ErrorReason) int {
	switch reason {
	case rpcv1.ErrorReason_PAYLOAD_TOO_LARGE:
		return http.StatusRequestEntityTooLarge
	case rpcv1.ErrorReason_MEDIA_TYPE_NOT_ALLOWED:
		return http.StatusUnsupportedMediaType
	}
	if status, ok := httpStatuses[code]; ok {
		return status
	}
	return http.StatusInternalServerError // a code of a later version of gRPC
}

// challenge answers the WWW-Authenticate of a 401 (RFC 6750, section 3): without an error code for who sent nothing.
func challenge(reason rpcv1.ErrorReason) string {
	if reason == rpcv1.ErrorReason_CREDENTIALS_MISSING {
		return `Bearer realm="palabre"`
	}
	return `Bearer realm="palabre", error="invalid_token"`
}
