package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// call is one call on its way through the chain.
type call struct {
	*chain
	method    string
	requestID string
	start     time.Time
	streams   bool
	caller    auth.Principal
	// cause is what the log is told of a failure and the caller is not; nil when the caller was told all.
	cause error
}

func (ch *chain) begin(ctx context.Context, method string) (*call, context.Context) {
	ch.running.add()
	c := &call{chain: ch, method: method, requestID: RequestID(ctx), start: time.Now()}
	if c.requestID == "" {
		c.requestID = incomingRequestID(ctx)
		ctx = context.WithValue(ctx, requestIDKey{}, c.requestID)
	}
	return c, ctx
}

// failed answers what the caller is told of a handler's error.
func (c *call) failed(err error) error {
	if told, foreseen := c.errors.Status(err); foreseen {
		if told.Code() == codes.Unavailable || told.Code() == codes.DeadlineExceeded {
			c.cause = err // The operator has to know what is missing: space on a disk, say.
		}
		return told.Err()
	}
	c.cause = err
	return rpcerr.Internal(c.requestID)
}

// end closes the books on a call. panicked is what a handler panicked with, or nil.
func (c *call) end(ctx context.Context, err error, panicked any) error {
	defer c.running.done()
	if panicked != nil {
		c.cause = fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
		err = rpcerr.Internal(c.requestID)
	}
	code, took := rpcerr.Code(err), time.Since(c.start)
	c.metrics.record(c.method, code, took, c.streams)
	c.log(ctx, err, code, took)
	return err
}

// log writes the line of a call.
func (c *call) log(ctx context.Context, err error, code codes.Code, took time.Duration) {
	level := levelOf(code)
	if !c.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", c.method),
		slog.String("code", code.String()),
		slog.Duration("took", took),
		slog.String("request_id", c.requestID),
	}
	if c.caller.Kind != "" {
		attrs = append(attrs,
			slog.String("application", c.caller.ApplicationID),
			slog.String("kind", string(c.caller.Kind)),
			slog.String("subject", c.caller.Subject()),
			slog.String("peer", c.caller.Peer))
	}
	if err != nil {
		attrs = append(attrs, slog.String("reason", rpcerr.Reason(err).String()), slog.String("told", rpcerr.Message(err)))
	}
	if c.cause != nil {
		attrs = append(attrs, slog.Any("error", c.cause))
	}
	c.logger.LogAttrs(ctx, level, "rpc", attrs...)
}

// levelOf answers how much an outcome matters to the operator: what the server got wrong, what it could not do, what the
// caller got wrong, and what went well.
func levelOf(code codes.Code) slog.Level {
	switch code {
	case codes.OK, codes.Canceled:
		return slog.LevelDebug
	case codes.Unknown, codes.Internal, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unimplemented:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// admit authenticates the caller, asks the policy about them, and tells whoever observes callers. The context it returns has the caller in it.
func (c *call) admit(ctx context.Context) (context.Context, error) {
	rule, md := c.policy[c.method], incoming(ctx)
	if rule.NeedsNoCredentials() {
		ctx = auth.WithCallerAddress(ctx, c.verifier.CallerAddress(ctx, md))
	}
	if rule.NeedsNobody() {
		return ctx, nil
	}
	caller, err := c.authenticate(ctx, md)
	known := err == nil
	if !known && !errors.Is(err, auth.ErrNoCredentials) {
		return ctx, c.refused(err)
	}
	c.caller = caller
	if err := c.policy.Authorize(c.method, caller, known); err != nil {
		return ctx, c.refused(err)
	}
	if !known {
		return ctx, nil
	}
	c.observe(ctx, caller)
	return auth.NewContext(ctx, caller), nil
}

// authenticate answers who calls. Of whom a component of this process vouches for there is nothing to prove.
func (c *call) authenticate(ctx context.Context, md metadata.MD) (auth.Principal, error) {
	if p, ok := ctx.Value(vouchedKey{}).(auth.Principal); ok {
		return p, nil
	}
	return c.verifier.Metadata(ctx, md)
}

// refused answers what a caller is told who was not let in. Of a bad token they are told no more than that: why is in the
// log, for the operator.
func (c *call) refused(err error) error {
	c.cause = err
	switch {
	case errors.Is(err, auth.ErrNoCredentials):
		return rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING, "")
	case errors.Is(err, auth.ErrExpired):
		return rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_EXPIRED, "")
	case errors.Is(err, auth.ErrKeysUnavailable):
		return rpcerr.New(codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE,
			"The keys of the application are out of reach, so the token cannot be verified.", rpcerr.RetryAfter(keysRetry))
	case errors.Is(err, auth.ErrBadUserID):
		return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"The service acts for a user whose id is not one.", rpcerr.Field(auth.MetadataUser, "is not a user id"))
	case errors.Is(err, auth.ErrNotAllowed):
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED, "")
	default:
		return rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID, "")
	}
}
