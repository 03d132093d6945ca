package httpgw

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/jsonpb"
	"github.com/palabre/palabre/internal/rpcerr"
)

// defaultRetryAfter is told when the caller should try again and nothing says when.
const defaultRetryAfter = time.Second

// httpError is an error with an HTTP status that its gRPC code does not lead to, such as 405.
type httpError struct {
	error
	status int
	french string // instead of the reason's text; empty for that
}

func (e *httpError) Unwrap() error { return e.error }

// answerError writes an error as a google.rpc.Status in JSON. It writes no text that was not made for callers: what is
// not a status of Palabre is logged, and answered in words of ours.
func answerError(w http.ResponseWriter, r *http.Request, logger *slog.Logger, err error) {
	ex := exchangeOf(r.Context())
	st, own := ownStatus(err)
	if !own {
		st = inOurWords(err, ex.id)
		logger.LogAttrs(r.Context(), levelOf(st.Code()), "a call failed", slog.String("request_id", ex.id),
			slog.String("route", ex.route), slog.Any("error", err))
	}
	reason := rpcerr.Reason(st.Err())
	code := httpStatus(st.Code(), reason)
	var pinned *httpError
	if errors.As(err, &pinned) {
		code = pinned.status
	}
	header := w.Header()
	switch code {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", challenge(reason))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set("Retry-After", retryAfter(st.Err()))
	}
	body := st.Proto()
	french := rpcerr.Localized(st.Err())
	if pinned != nil && pinned.french != "" {
		french = pinned.french
	}
	if french != "" && prefersFrench(ex.acceptLanguage) {
		body.Message = french
		header.Set("Content-Language", "fr")
	}
	writeProto(w, code, body)
}

// inOurWords answers what callers are told of an error that Palabre did not make: by gRPC when a service is out of reach,
// with its address, or by a bug.
func inOurWords(err error, requestID string) *status.Status {
	if rpcerr.Code(err) == codes.Unauthenticated {
		// The service was sent the caller's credentials, so it is about them.
		err = rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID, "")
	} else if st, ok := (rpcerr.Table)(nil).Status(err); ok {
		return st
	} else {
		err = rpcerr.Internal(requestID)
	}
	return status.Convert(err)
}

// levelOf tells failures from what callers cause.
func levelOf(code codes.Code) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

// ownStatus answers the status that an error is or wraps, if Palabre made it. Its reason may be one of a later version.
func ownStatus(err error) (*status.Status, bool) {
	var carrier interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &carrier) {
		return nil, false
	}
	st := carrier.GRPCStatus()
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == rpcerr.Domain {
			return st, st.Code() != codes.OK
		}
	}
	return nil, false
}

// retryAfter answers whole seconds, rounded up: a caller who comes too early is only refused again.
func retryAfter(err error) string {
	delay, ok := rpcerr.RetryDelay(err)
	if !ok || delay <= 0 {
		delay = defaultRetryAfter
	}
	return strconv.FormatFloat(math.Ceil(delay.Seconds()), 'f', 0, 64)
}

// writeProto writes a status as JSON. Details of types that this build does not know cannot be written, and are left out.
func writeProto(w http.ResponseWriter, code int, body *spb.Status) {
	data, err := jsonpb.Marshal(body)
	if err != nil {
		body.Details = knownDetails(body.GetDetails())
		body.Message = strings.ToValidUTF8(body.GetMessage(), "\uFFFD")
		data, err = jsonpb.Marshal(body)
	}
	if err != nil {
		data = []byte(`{"code":13,"message":"The error cannot be written.","details":[]}`)
	}
	writeJSON(w, code, data)
}

func knownDetails(details []*anypb.Any) []*anypb.Any {
	var known []*anypb.Any
	for _, d := range details {
		if _, err := jsonpb.Marshal(d); err == nil {
			known = append(known, d)
		}
	}
	return known
}

func writeJSON(w http.ResponseWriter, code int, data []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(code)
	w.Write(data)
}

// invalid makes the error for what the caller wrote wrong in one place: a field, a parameter or a header.
func invalid(field, description string) error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
		field+" "+description, rpcerr.Field(field, description))
}

func malformed(message string) error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_MALFORMED_BODY, message)
}

func errNoSuchPath() error {
	return rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "nothing is served at this path")
}

// errMethod is for a method that the path does not have; the caller sets Allow.
func errMethod(english, french string) error {
	err := rpcerr.New(codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED, english)
	return &httpError{err, http.StatusMethodNotAllowed, french}
}

func errTooLarge(limit int64) error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE,
		"the body is larger than "+strconv.FormatInt(limit, 10)+" bytes",
		rpcerr.Metadata("maxBytes", strconv.FormatInt(limit, 10)))
}

func errMediaType(message string) error {
	err := rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_MALFORMED_BODY, message)
	return &httpError{err, http.StatusUnsupportedMediaType, ""}
}
