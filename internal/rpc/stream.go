package rpc

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// keysRetry is when to try again what could not be verified.
	keysRetry = 5 * time.Second
	// shutdownRetry is when another process, or the next one, should be there.
	shutdownRetry = time.Second
	// expiryGrace is how long a stream outlives its caller's token: the leeway that the token has elsewhere.
	expiryGrace = 10 * time.Second
)

// errStopping is the cause of the end of streams when the Server shuts down.
var errStopping = errors.New("the server is shutting down")

// stream is a ServerStream with the chain's context, whose every incoming message is validated.
type stream struct {
	grpc.ServerStream
	ctx      context.Context
	validate *validator
}

// Context has the caller and the request id, and ends with the caller's token.
func (s *stream) Context() context.Context { return s.ctx }

// RecvMsg answers the next message if it is valid.
func (s *stream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.validate.message(m)
}

// SendMsg sends a message. To a client that has gone the in-memory channel answers io.EOF, which would look like a failure.
func (s *stream) SendMsg(m any) error {
	err := s.ServerStream.SendMsg(m)
	if errors.Is(err, io.EOF) {
		return context.Canceled
	}
	return err
}

// whileWelcome gives a stream a context that ends with its caller's token, so that nobody keeps listening who could no
// longer come in, and at Shutdown.
func (ch *chain) whileWelcome(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stopWaiting := context.AfterFunc(ch.stopping, func() { cancel(errStopping) })
	stopTimer := func() bool { return true }
	if caller, _ := auth.FromContext(ctx); !caller.ExpiresAt.IsZero() {
		left := caller.ExpiresAt.Sub(ch.now()) + expiryGrace
		stopTimer = time.AfterFunc(left, func() { cancel(auth.ErrExpired) }).Stop
	}
	return ctx, func() {
		stopWaiting()
		stopTimer()
		cancel(nil)
	}
}

// notWelcome answers the end of a stream whose context whileWelcome ended, or nil.
func notWelcome(ctx context.Context) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errStopping):
		return rpcerr.New(codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "", rpcerr.RetryAfter(shutdownRetry))
	case errors.Is(cause, auth.ErrExpired):
		return rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_EXPIRED, "")
	}
	return nil
}
