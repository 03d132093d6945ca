package auth

import "context"

type (
	callerKey struct{}
	actingKey struct{}
)

// NewContext returns a context of a call that p makes. The interceptors do this; services only read it.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, callerKey{}, p)
}

// FromContext answers who makes the call that is being handled, and false when nobody proved who they are.
func FromContext(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(callerKey{}).(Principal)
	return p, ok
}

// ActAs returns a context for outgoing calls made in p's name, vouched for by the component that makes them. It wins over
// the caller of the call being handled, so a service acts as itself with a principal of KindPeer.
func ActAs(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, actingKey{}, p)
}

// Outgoing answers in whose name an outgoing call is made: the one given to ActAs, else the caller of the call being
// handled. It is false when there is neither; then the call brings credentials of its own, or none.
func Outgoing(ctx context.Context) (Principal, bool) {
	if p, ok := ctx.Value(actingKey{}).(Principal); ok {
		return p, true
	}
	return FromContext(ctx)
}
