package rpcerr_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestAnErrorSaysWhatItWasMadeOf(t *testing.T) {
	err := rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED, "The rules refuse it.",
		rpcerr.Field("content", "has a bad word"), rpcerr.Field("contentType", "is odd"),
		rpcerr.Metadata("rule", "bad_words"), rpcerr.RetryAfter(3*time.Second))
	for _, err := range []error{err, fmt.Errorf("send message: %w", err), status.FromProto(status.Convert(err).Proto()).Err()} {
		if got := rpcerr.Code(err); got != codes.FailedPrecondition {
			t.Errorf("code %s", got)
		}
		if got := rpcerr.Reason(err); got != rpcv1.ErrorReason_MESSAGE_REJECTED {
			t.Errorf("reason %s", got)
		}
		if got := rpcerr.Message(err); got != "The rules refuse it." {
			t.Errorf("message %q", got)
		}
		if got := rpcerr.Localized(err); got != "Votre message a été refusé par la modération." {
			t.Errorf("localized message %q", got)
		}
		want := []rpcerr.FieldViolation{{Field: "content", Description: "has a bad word"}, {Field: "contentType", Description: "is odd"}}
		if diff := cmp.Diff(want, rpcerr.FieldViolations(err)); diff != "" {
			t.Errorf("field violations (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]string{"rule": "bad_words"}, rpcerr.MetadataOf(err)); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
		if d, ok := rpcerr.RetryDelay(err); d != 3*time.Second || !ok {
			t.Errorf("retry after %v, %v", d, ok)
		}
	}
}

func TestWithoutAMessageTheReasonSpeaks(t *testing.T) {
	err := rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "")
	if got := rpcerr.Message(err); got != "There is no such thing." {
		t.Errorf("message %q", got)
	}
}

func TestOtherErrorsHaveNothingToRead(t *testing.T) {
	foreign, _ := status.New(codes.NotFound, "x").WithDetails(&errdetails.ErrorInfo{Reason: "NOT_FOUND", Domain: "example.org"})
	later, _ := status.New(codes.NotFound, "x").WithDetails(&errdetails.ErrorInfo{Reason: "OF_A_LATER_VERSION", Domain: rpcerr.Domain})
	for name, c := range map[string]struct {
		err  error
		code codes.Code
	}{
		"nil":            {nil, codes.OK},
		"plain":          {errors.New("x"), codes.Unknown},
		"foreign status": {foreign.Err(), codes.NotFound},
		"later reason":   {later.Err(), codes.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rpcerr.Code(c.err); got != c.code {
				t.Errorf("code %s", got)
			}
			if got := rpcerr.Reason(c.err); got != rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
				t.Errorf("reason %s", got)
			}
			if _, ok := rpcerr.RetryDelay(c.err); ok || rpcerr.FieldViolations(c.err) != nil || rpcerr.MetadataOf(c.err) != nil || rpcerr.Localized(c.err) != "" {
				t.Error("it has details")
			}
		})
	}
}

func TestEveryReasonHasWordsInBothLanguages(t *testing.T) {
	for number, name := range rpcv1.ErrorReason_name {
		if number == 0 {
			continue
		}
		err := rpcerr.New(codes.Internal, rpcv1.ErrorReason(number), "")
		if rpcerr.Message(err) == "" || rpcerr.Localized(err) == "" {
			t.Errorf("%s has no words in catalogue.go", name)
		}
	}
}

func TestATableSaysWhatCallersAreTold(t *testing.T) {
	var (
		errNotFound = errors.New("not found")
		errTaken    = errors.New("taken")
	)
	table := rpcerr.MergeTables(
		rpcerr.Table{rpcerr.Map(errNotFound, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such message.")},
		rpcerr.Table{rpcerr.Map(errTaken, codes.AlreadyExists, rpcv1.ErrorReason_ALREADY_EXISTS, "")},
	)
	ours := rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "Too fast.", rpcerr.RetryAfter(time.Second))
	for name, c := range map[string]struct {
		err     error
		code    codes.Code
		reason  rpcv1.ErrorReason
		message string
	}{
		"a sentinel":         {errNotFound, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such message."},
		"a wrapped sentinel": {fmt.Errorf("read: %w", errTaken), codes.AlreadyExists, rpcv1.ErrorReason_ALREADY_EXISTS, "It is there already."},
		"ours":               {ours, codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "Too fast."},
		"ours, wrapped":      {fmt.Errorf("moderate at 10.0.0.1: %w", ours), codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "Too fast."},
		"deadline":           {fmt.Errorf("query: %w", context.DeadlineExceeded), codes.DeadlineExceeded, rpcv1.ErrorReason_DEADLINE_EXCEEDED, "The call took too long."},
		"cancelled":          {fmt.Errorf("query: %w", context.Canceled), codes.Canceled, rpcv1.ErrorReason_CANCELLED, "The call was cancelled."},
		"unreachable":        {status.Error(codes.Unavailable, "dial tcp 10.0.0.1:9090"), codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "The service is out of reach for now. Try again later."},
		"unimplemented":      {status.Error(codes.Unimplemented, "method X"), codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED, "This server does not offer the method."},
		"plain status":       {status.Error(codes.NotFound, "unknown service"), codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "unknown service"},
	} {
		t.Run(name, func(t *testing.T) {
			s, foreseen := table.Status(c.err)
			err := s.Err()
			if !foreseen || rpcerr.Code(err) != c.code || rpcerr.Reason(err) != c.reason || rpcerr.Message(err) != c.message {
				t.Errorf("%v, %v", s, foreseen)
			}
		})
	}
}

func TestATableDoesNotForesee(t *testing.T) {
	for name, err := range map[string]error{
		"a driver's error":      fmt.Errorf("query: %w", sql.ErrConnDone),
		"an unknown status":     status.Error(codes.Unknown, "panic in a plugin"),
		"an internal status":    status.Error(codes.Internal, "stream terminated by RST_STREAM"),
		"a peer not knowing us": fmt.Errorf("moderate: %w", rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID, "")),
	} {
		if s, foreseen := (rpcerr.Table{}).Status(err); foreseen {
			t.Errorf("%s: %v", name, s)
		}
	}
	err := rpcerr.Internal("r1")
	if rpcerr.Code(err) != codes.Internal || rpcerr.Reason(err) != rpcv1.ErrorReason_INTERNAL || rpcerr.MetadataOf(err)["requestId"] != "r1" {
		t.Errorf("internal: %v", err)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such message.")
	}
}
