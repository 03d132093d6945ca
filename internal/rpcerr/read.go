package rpcerr

import (
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// FieldViolation is what is wrong with one field of a request.
type FieldViolation struct {
	// Field is the path in JSON, as the caller wrote it: "participants[0].userId".
	Field string
	// Description says what is wrong, in English.
	Description string
}

// Code answers an error's status code: codes.OK for nil, codes.Unknown for an error that is no status.
func Code(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	if s := statusOf(err); s != nil {
		return s.Code()
	}
	return codes.Unknown
}

// Message answers an error's text for developers, in English; empty for an error that is no status.
func Message(err error) string {
	if s := statusOf(err); s != nil {
		return s.Message()
	}
	return ""
}

// Reason answers why, or ERROR_REASON_UNSPECIFIED for an error that did not come from here or has a reason of a later
// version.
func Reason(err error) rpcv1.ErrorReason {
	if info := info(err); info != nil {
		return rpcv1.ErrorReason(rpcv1.ErrorReason_value[info.GetReason()])
	}
	return rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED
}

// MetadataOf answers what Metadata added; nil when nothing was. It must not be written to.
func MetadataOf(err error) map[string]string { return info(err).GetMetadata() }

// FieldViolations answers what Field added.
func FieldViolations(err error) []FieldViolation {
	bad := detail[*errdetails.BadRequest](statusOf(err))
	var violations []FieldViolation
	for _, v := range bad.GetFieldViolations() {
		violations = append(violations, FieldViolation{v.GetField(), v.GetDescription()})
	}
	return violations
}

// RetryDelay answers what RetryAfter added, and false when nothing says when to try again.
func RetryDelay(err error) (time.Duration, bool) {
	retry := detail[*errdetails.RetryInfo](statusOf(err))
	return retry.GetRetryDelay().AsDuration(), retry != nil
}

// Localized answers the text for people, in French; empty for an error that did not come from here.
func Localized(err error) string {
	return detail[*errdetails.LocalizedMessage](statusOf(err)).GetMessage()
}

func info(err error) *errdetails.ErrorInfo { return infoOf(statusOf(err)) }

// infoOf answers the ErrorInfo that New put into a status, or nil.
func infoOf(s *status.Status) *errdetails.ErrorInfo {
	if info := detail[*errdetails.ErrorInfo](s); info.GetDomain() == Domain {
		return info
	}
	return nil
}

// statusOf answers the status that an error is or wraps, as it was made, or nil. status.FromError would put the text of
// what wraps it into its message.
func statusOf(err error) *status.Status {
	var carrier interface{ GRPCStatus() *status.Status }
	if errors.As(err, &carrier) {
		return carrier.GRPCStatus()
	}
	return nil
}

// detail answers the first detail of a type, or its nil.
func detail[T any](s *status.Status) T {
	for _, d := range s.Details() {
		if found, ok := d.(T); ok {
			return found
		}
	}
	var none T
	return none
}
