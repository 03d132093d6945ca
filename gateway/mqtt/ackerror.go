package mqttgw

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// verdict is what a status means for the uplink whose call had it.
type verdict struct {
	// again says whether the gateway calls again by itself.
	again again
	// retryable says whether the same uplink can succeed when its sender repeats it.
	retryable bool
	// reason stands in for one the status does not give.
	reason rpcv1.ErrorReason
}

type again int

const (
	// never: the answer is final.
	never again = iota
	// sometimes: it seldom passes, so only so many times.
	sometimes
	// always: it will pass.
	always
)

// verdicts has every code; a test sees to it. It is never written to.
//
// CANCELLED is the service's: when the gateway stops, it does not look. UNAUTHENTICATED says that the service does not
// believe the gateway; it is the deployment that is at fault, and not the sender, whose token was good.
var verdicts = map[codes.Code]verdict{
	codes.Canceled:           {sometimes, true, rpcv1.ErrorReason_CANCELLED},
	codes.Unknown:            {sometimes, true, rpcv1.ErrorReason_INTERNAL},
	codes.InvalidArgument:    {never, false, rpcv1.ErrorReason_INVALID_ARGUMENT},
	codes.DeadlineExceeded:   {always, true, rpcv1.ErrorReason_DEADLINE_EXCEEDED},
	codes.NotFound:           {never, false, rpcv1.ErrorReason_NOT_FOUND},
	codes.AlreadyExists:      {never, false, rpcv1.ErrorReason_ALREADY_EXISTS},
	codes.PermissionDenied:   {never, false, rpcv1.ErrorReason_NOT_ALLOWED},
	codes.ResourceExhausted:  {always, true, rpcv1.ErrorReason_RATE_LIMIT},
	codes.FailedPrecondition: {never, false, rpcv1.ErrorReason_NOT_ALLOWED},
	codes.Aborted:            {always, true, rpcv1.ErrorReason_UNAVAILABLE},
	codes.OutOfRange:         {never, false, rpcv1.ErrorReason_INVALID_ARGUMENT},
	codes.Unimplemented:      {never, false, rpcv1.ErrorReason_UNIMPLEMENTED},
	codes.Internal:           {sometimes, true, rpcv1.ErrorReason_INTERNAL},
	codes.Unavailable:        {always, true, rpcv1.ErrorReason_UNAVAILABLE},
	codes.DataLoss:           {sometimes, false, rpcv1.ErrorReason_INTERNAL},
	codes.Unauthenticated:    {sometimes, true, rpcv1.ErrorReason_INTERNAL},
}

// judge answers what an error of a call means.
func judge(err error) verdict {
	v, known := verdicts[codeOf(err)]
	if !known {
		v = verdicts[codes.Unknown]
	}
	if revoked(err) {
		return verdict{never, false, rpcv1.ErrorReason_TOKEN_REVOKED}
	}
	// The sender has to wait for its limit, and is told how long; the gateway waiting in its stead would hold back
	// everything else the sender has to say.
	if rpcerr.Reason(err) == rpcv1.ErrorReason_FLOOD_LIMIT {
		v.again = never
	}
	return v
}

// revoked says that the service knows the sender, a visitor, and that they are one no longer.
func revoked(err error) bool { return rpcerr.Reason(err) == rpcv1.ErrorReason_TOKEN_REVOKED }

// codeOf answers an error's code, also when it is the call's context that ended.
func codeOf(err error) codes.Code {
	if code := rpcerr.Code(err); code != codes.Unknown {
		return code
	}
	return status.FromContextError(err).Code()
}

// ackError says to the sender of an uplink what its call's error says to the gateway. rename maps fields of the request to
// those of the uplink's payload; what it does not mention is called the same.
func ackError(err error, rename map[string]string) *chatv1.AckError {
	v := judge(err)
	code := codeOf(err)
	reason := rpcerr.Reason(err)
	text := rpcerr.Message(err)
	if reason == rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED || code == codes.Unauthenticated && !revoked(err) {
		// Not made by a service of ours: the text may be anything, addresses included.
		plain := rpcerr.New(code, v.reason, "")
		reason, text = v.reason, rpcerr.Message(plain)
	}
	if code == codes.Unauthenticated && !revoked(err) || code == codes.Unknown {
		code = codes.Internal
	}
	e := &chatv1.AckError{Code: int32(code), Reason: reason.String(), Message: text, Retryable: v.retryable}
	if wait, told := rpcerr.RetryDelay(err); told && v.retryable {
		ms := int32(min(wait, 24*time.Hour) / time.Millisecond)
		e.RetryAfterMs = &ms
	}
	if fields := rpcerr.FieldViolations(err); len(fields) > 0 {
		field := fields[0].Field
		if renamed, ok := rename[field]; ok {
			field = renamed
		}
		e.Field = &field
	}
	return e
}
