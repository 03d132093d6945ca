package rpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/palabre/palabre/internal/auth"
)

// outgoing puts onto every call of a client in whose name it is made, vouched for by the client's component, and the id of
// the request it is part of. A call made in nobody's name keeps the credentials that its maker put into its metadata: so
// the HTTP gateway passes on those of its callers; and where it says for which address it calls, it vouches for that alone.
type outgoing struct {
	signer *auth.PeerSigner
}

func (o outgoing) context(ctx context.Context) (context.Context, error) {
	pairs, err := o.proof(ctx)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return withRequestID(metadata.AppendToOutgoingContext(ctx, pairs...)), nil
}

// withRequestID lets an outgoing call be part of the request that is being handled.
func withRequestID(ctx context.Context) context.Context {
	if id := RequestID(ctx); id != "" {
		return metadata.AppendToOutgoingContext(ctx, MetadataRequestID, id)
	}
	return ctx
}

// proof is what proves in whose name a call is made, or that it is passed on by a component. Neither for a call that brings
// credentials of its own.
func (o outgoing) proof(ctx context.Context) ([]string, error) {
	if p, ok := auth.Outgoing(ctx); ok {
		token, err := o.signer.Sign(p)
		return []string{auth.MetadataPrincipal, token}, err
	}
	if forwards(ctx) {
		token, err := o.signer.SignVia()
		return []string{auth.MetadataVia, token}, err
	}
	return nil, nil
}

// forwards says that a call is passed on for a caller at another address.
func forwards(ctx context.Context) bool {
	md, _ := metadata.FromOutgoingContext(ctx)
	return len(md[auth.MetadataForwardedFor]) > 0
}

func (o outgoing) unary(ctx context.Context, method string, req, resp any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	ctx, err := o.context(ctx)
	if err != nil {
		return err
	}
	return invoke(ctx, method, req, resp, conn, options...)
}

func (o outgoing) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, err := o.context(ctx)
	if err != nil {
		return nil, err
	}
	return open(ctx, desc, conn, method, options...)
}
