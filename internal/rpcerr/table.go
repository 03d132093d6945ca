package rpcerr

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// Mapping says what callers are told when a handler answers a sentinel.
type Mapping struct {
	sentinel error
	status   *status.Status
}

// Map makes a Mapping; from code on, its arguments are those of New.
func Map(sentinel error, code codes.Code, reason rpcv1.ErrorReason, message string, options ...Option) Mapping {
	return Mapping{sentinel, newStatus(code, reason, message, options...)}
}

// Table says what the sentinels of one or several services become. The first that an error is or wraps counts.
type Table []Mapping

// MergeTables makes one table of those of several services.
func MergeTables(tables ...Table) Table {
	var all Table
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

// Status answers what a caller is told of an error that a handler returned, and false when nobody foresaw it: then it is
// for the log, and the caller is told Internal.
//
// A status that the handler made, or had from another service, passes with its code and details, without the text of
// what wraps it. Statuses made elsewhere get a reason, and lose a text that may hold addresses. Text of drivers never
// passes.
func (t Table) Status(err error) (*status.Status, bool) {
	if s := statusOf(err); s != nil {
		return passed(s)
	}
	for _, m := range t {
		if errors.Is(err, m.sentinel) {
			return m.status, true
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return newStatus(codes.DeadlineExceeded, rpcv1.ErrorReason_DEADLINE_EXCEEDED, ""), true
	case errors.Is(err, context.Canceled):
		return newStatus(codes.Canceled, rpcv1.ErrorReason_CANCELLED, ""), true
	}
	return nil, false
}

// Internal is all that a caller is told of a failure of the server: where to find it in the log.
func Internal(requestID string) error {
	return New(codes.Internal, rpcv1.ErrorReason_INTERNAL, "", Metadata("requestId", requestID))
}

// passed answers a status that a handler returned as callers may see it.
func passed(s *status.Status) (*status.Status, bool) {
	switch s.Code() {
	case codes.OK:
		return nil, false
	case codes.Unauthenticated:
		// The caller was authenticated before the handler ran, so it is this component that another one did not know. Were
		// the caller told, every client would throw its good token away.
		return nil, false
	}
	if infoOf(s) != nil {
		return s, true
	}
	return withReason(s)
}

// withReason answers a status that was not made here with the reason that fits its code.
func withReason(s *status.Status) (*status.Status, bool) {
	switch s.Code() {
	case codes.Unknown, codes.Internal, codes.DataLoss:
		return nil, false
	case codes.Unavailable: // Made by grpc when it cannot connect, with the address in the text.
		return newStatus(s.Code(), rpcv1.ErrorReason_UNAVAILABLE, ""), true
	case codes.DeadlineExceeded:
		return newStatus(s.Code(), rpcv1.ErrorReason_DEADLINE_EXCEEDED, ""), true
	case codes.Canceled:
		return newStatus(s.Code(), rpcv1.ErrorReason_CANCELLED, ""), true
	case codes.Unimplemented: // Made by the embedded UnimplementedXServer.
		return newStatus(s.Code(), rpcv1.ErrorReason_UNIMPLEMENTED, ""), true
	case codes.NotFound:
		return newStatus(s.Code(), rpcv1.ErrorReason_NOT_FOUND, s.Message()), true
	case codes.InvalidArgument:
		return newStatus(s.Code(), rpcv1.ErrorReason_INVALID_ARGUMENT, s.Message()), true
	case codes.PermissionDenied:
		return newStatus(s.Code(), rpcv1.ErrorReason_NOT_ALLOWED, s.Message()), true
	case codes.ResourceExhausted:
		return newStatus(s.Code(), rpcv1.ErrorReason_RATE_LIMIT, s.Message()), true
	default:
		return s, true
	}
}
