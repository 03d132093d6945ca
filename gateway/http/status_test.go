package httpgw_test

import (
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestEveryCodeHasTheHTTPStatusThatFits(t *testing.T) {
	want := map[codes.Code]int{
		codes.Canceled:           499,
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
	g := newGateway(t)
	for code := codes.Code(1); code <= codes.Unauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			g.peer.fails(rpcerr.New(code, rpcv1.ErrorReason_EMPTY_MESSAGE, "what the service says"))
			a := g.do(t, "GET", "/api/chat/conversations", "")
			p := a.wants(t, want[code], "EMPTY_MESSAGE")
			if p.Code != int(code) || p.Message != "what the service says" {
				t.Errorf("code %d, message %q", p.Code, p.Message)
			}
		})
	}
}

func TestACodeOfALaterVersionIsAServerError(t *testing.T) {
	g := newGateway(t)
	g.peer.fails(rpcerr.New(99, rpcv1.ErrorReason_EMPTY_MESSAGE, "new"))
	if a := g.do(t, "GET", "/api/chat/conversations", ""); a.StatusCode != http.StatusInternalServerError {
		t.Errorf("HTTP %d", a.StatusCode)
	}
}

func TestABodyThatTheServiceFindsTooLargeIs413(t *testing.T) {
	g := newGateway(t)
	g.peer.fails(rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE, ""))
	g.do(t, "GET", "/api/chat/conversations", "").wants(t, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE")
}

func TestA401SaysHowToAuthenticate(t *testing.T) {
	g := newGateway(t)
	for reason, want := range map[rpcv1.ErrorReason]string{
		rpcv1.ErrorReason_CREDENTIALS_MISSING: `Bearer realm="palabre"`,
		rpcv1.ErrorReason_CREDENTIALS_INVALID: `Bearer realm="palabre", error="invalid_token"`,
		rpcv1.ErrorReason_TOKEN_EXPIRED:       `Bearer realm="palabre", error="invalid_token"`,
	} {
		g.peer.fails(rpcerr.New(codes.Unauthenticated, reason, ""))
		a := g.do(t, "GET", "/api/chat/conversations", "")
		a.wants(t, http.StatusUnauthorized, reason.String())
		if got := a.Header.Get("WWW-Authenticate"); got != want {
			t.Errorf("%s: WWW-Authenticate %q, want %q", reason, got, want)
		}
	}
}

func TestRetryAfterIsInWholeSecondsRoundedUp(t *testing.T) {
	g := newGateway(t)
	for _, c := range []struct {
		code    codes.Code
		options []rpcerr.Option
		want    string
	}{
		{codes.ResourceExhausted, []rpcerr.Option{rpcerr.RetryAfter(2100 * time.Millisecond)}, "3"},
		{codes.ResourceExhausted, []rpcerr.Option{rpcerr.RetryAfter(2 * time.Second)}, "2"},
		{codes.ResourceExhausted, []rpcerr.Option{rpcerr.RetryAfter(time.Millisecond)}, "1"},
		{codes.ResourceExhausted, []rpcerr.Option{rpcerr.RetryAfter(0)}, "1"},
		{codes.ResourceExhausted, nil, "1"},
		{codes.Unavailable, []rpcerr.Option{rpcerr.RetryAfter(90 * time.Second)}, "90"},
		{codes.Unavailable, nil, "1"},
		{codes.NotFound, nil, ""},
	} {
		g.peer.fails(rpcerr.New(c.code, rpcv1.ErrorReason_FLOOD_LIMIT, "", c.options...))
		a := g.do(t, "GET", "/api/chat/conversations", "")
		if got := a.Header.Get("Retry-After"); got != c.want {
			t.Errorf("%s: Retry-After %q, want %q", c.code, got, c.want)
		}
	}
}

func TestTheTextOfErrorsNotMadeByPalabreStaysInside(t *testing.T) {
	g := newGateway(t)
	for code, want := range map[codes.Code]struct {
		status int
		reason string
	}{
		codes.Unavailable:      {http.StatusServiceUnavailable, "UNAVAILABLE"},
		codes.Internal:         {http.StatusInternalServerError, "INTERNAL"},
		codes.Unknown:          {http.StatusInternalServerError, "INTERNAL"},
		codes.Unimplemented:    {http.StatusNotImplemented, "UNIMPLEMENTED"},
		codes.DeadlineExceeded: {http.StatusGatewayTimeout, "DEADLINE_EXCEEDED"},
		codes.Unauthenticated:  {http.StatusUnauthorized, "CREDENTIALS_INVALID"},
	} {
		g.peer.fails(status.Error(code, "dial tcp 10.0.0.3:9090: refused"))
		a := g.do(t, "GET", "/api/chat/conversations", "", "X-Request-Id: req-1")
		p := a.wants(t, want.status, want.reason)
		if containsAny(a.body, "10.0.0.3", "dial") {
			t.Errorf("%s: the caller is told %s", code, a.body)
		}
		if want.reason == "INTERNAL" && p.Facts["requestId"] != "req-1" {
			t.Errorf("%s: no request id to quote in %v", code, p.Facts)
		}
	}
}
