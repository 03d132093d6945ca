package rpc

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"google.golang.org/grpc"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// chain is what every call passes on its way to the handler and back, from the network and in the process alike. It is one
// function for each kind of call instead of a list of interceptors, so that it reads in order and costs little.
type chain struct {
	verifier *auth.Verifier
	policy   auth.Policy
	observe  func(context.Context, auth.Principal)
	errors   rpcerr.Table
	validate *validator
	metrics  *metrics
	logger   *slog.Logger
	timeout  time.Duration
	now      func() time.Time
	running  *running
	// stopping ends when Shutdown begins.
	stopping    context.Context
	stopStreams func()
}

func newChain(c Config) (*chain, error) {
	validate, err := newValidator()
	if err != nil {
		return nil, err
	}
	metrics, err := newMetrics(c.Metrics)
	if err != nil {
		return nil, err
	}
	policy := auth.Policy{}
	maps.Copy(policy, c.Policy) // Health and reflection are added to it.
	stopping, stop := context.WithCancel(context.Background())
	return &chain{
		verifier:    c.Verifier,
		policy:      policy,
		observe:     c.Observe,
		errors:      c.Errors,
		validate:    validate,
		metrics:     metrics,
		logger:      c.Logger,
		timeout:     c.Timeout,
		now:         c.Now,
		running:     &running{},
		stopping:    stopping,
		stopStreams: stop,
	}, nil
}

// prepare does ahead of the first call of a service what can be done.
func (ch *chain) prepare(desc *grpc.ServiceDesc) {
	ch.metrics.prepare(desc)
	ch.validate.prepare(desc)
}

// unary passes a call with one request and one response.
func (ch *chain) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (resp any, err error) {
	call, ctx := ch.begin(ctx, info.FullMethod)
	defer func() { err = call.end(ctx, err, recover()) }()
	ctx, cancel := ch.withDeadline(ctx)
	defer cancel()
	if ctx, err = call.admit(ctx); err != nil {
		return nil, err
	}
	if err = ch.validate.message(req); err != nil {
		return nil, call.failed(err)
	}
	if resp, err = handle(ctx, req); err != nil {
		return nil, call.failed(err)
	}
	return resp, nil
}

// stream passes a call with streams of either. It has no deadline but its caller's token's.
func (ch *chain) stream(service any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	call, ctx := ch.begin(ss.Context(), info.FullMethod)
	call.streams = true
	defer func() { err = call.end(ctx, err, recover()) }()
	if ctx, err = call.admit(ctx); err != nil {
		return err
	}
	ctx, cancel := ch.whileWelcome(ctx)
	defer cancel()
	err = handle(service, &stream{ServerStream: ss, ctx: ctx, validate: ch.validate})
	if goodbye := notWelcome(ctx); goodbye != nil {
		return goodbye // Whatever the handler made of its context's end.
	}
	if err != nil {
		return call.failed(err)
	}
	return nil
}

// withDeadline gives a call the default deadline, unless its caller gave one.
func (ch *chain) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, ch.timeout)
}
