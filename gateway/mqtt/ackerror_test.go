package mqttgw

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestEveryCodeHasAVerdict(t *testing.T) {
	for _, tc := range []struct {
		code      codes.Code
		again     again
		retryable bool
		told      codes.Code
		reason    string
	}{
		{codes.Canceled, sometimes, true, codes.Canceled, "CANCELLED"},
		{codes.Unknown, sometimes, true, codes.Internal, "INTERNAL"},
		{codes.InvalidArgument, never, false, codes.InvalidArgument, "INVALID_ARGUMENT"},
		{codes.DeadlineExceeded, always, true, codes.DeadlineExceeded, "DEADLINE_EXCEEDED"},
		{codes.NotFound, never, false, codes.NotFound, "NOT_FOUND"},
		{codes.AlreadyExists, never, false, codes.AlreadyExists, "ALREADY_EXISTS"},
		{codes.PermissionDenied, never, false, codes.PermissionDenied, "NOT_ALLOWED"},
		{codes.ResourceExhausted, always, true, codes.ResourceExhausted, "RATE_LIMIT"},
		{codes.FailedPrecondition, never, false, codes.FailedPrecondition, "NOT_ALLOWED"},
		{codes.Aborted, always, true, codes.Aborted, "UNAVAILABLE"},
		{codes.OutOfRange, never, false, codes.OutOfRange, "INVALID_ARGUMENT"},
		{codes.Unimplemented, never, false, codes.Unimplemented, "UNIMPLEMENTED"},
		{codes.Internal, sometimes, true, codes.Internal, "INTERNAL"},
		{codes.Unavailable, always, true, codes.Unavailable, "UNAVAILABLE"},
		{codes.DataLoss, sometimes, false, codes.DataLoss, "INTERNAL"},
		{codes.Unauthenticated, sometimes, true, codes.Internal, "INTERNAL"},
	} {
		t.Run(tc.code.String(), func(t *testing.T) {
			err := status.Error(tc.code, "dial tcp 10.0.0.1:9090: refused")
			if got := judge(err); got.again != tc.again {
				t.Errorf("again: %v, want %v", got.again, tc.again)
			}
			e := ackError(err, nil)
			if e.GetCode() != int32(tc.told) || e.GetReason() != tc.reason || e.GetRetryable() != tc.retryable {
				t.Errorf("told: %v", e)
			}
			if strings.Contains(e.GetMessage(), "10.0.0.1") || e.GetMessage() == "" {
				t.Errorf("told: %q", e.GetMessage())
			}
		})
	}
	if e := ackError(rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_REVOKED, "gone"), nil); e.GetCode() != int32(codes.Unauthenticated) ||
		e.GetReason() != "TOKEN_REVOKED" || e.GetRetryable() || e.GetMessage() != "gone" {
		t.Errorf("a visitor who is one no longer is told %v", e)
	}
	for code := codes.OK + 1; !strings.HasPrefix(code.String(), "Code("); code++ {
		if _, ok := verdicts[code]; !ok {
			t.Errorf("%v has none", code)
		}
	}
}

func TestAFloodIsTheSendersToWaitFor(t *testing.T) {
	err := rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "Slowly.", rpcerr.RetryAfter(1500*time.Millisecond))
	if got := judge(err); got.again != never {
		t.Errorf("the gateway waits in its stead: %v", got)
	}
	e := ackError(err, nil)
	if e.GetReason() != "FLOOD_LIMIT" || !e.GetRetryable() || e.GetRetryAfterMs() != 1500 || e.GetMessage() != "Slowly." || e.Field != nil {
		t.Errorf("told: %v", e)
	}
}

func TestTheFieldIsCalledAsInThePayload(t *testing.T) {
	err := rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT, "", rpcerr.Field("seq", "is negative"))
	if e := ackError(err, map[string]string{"seq": "read"}); e.GetField() != "read" {
		t.Errorf("told: %v", e)
	}
	if e := ackError(err, nil); e.GetField() != "seq" {
		t.Errorf("told: %v", e)
	}
}

func TestTheEndOfACallIsTakenForWhatItIs(t *testing.T) {
	if got := judge(fmt.Errorf("call: %w", context.DeadlineExceeded)); got.again != always {
		t.Errorf("a deadline is judged %v", got)
	}
}
