package rpc

import (
	"context"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/palabre/palabre/internal/auth"
)

// direct makes unary calls within the process as calls of functions, through the chain, on the caller's goroutine: a message
// is moderated by such a call, and every request of the HTTP gateway is one. Neither side sees the other's messages or the
// values of its context. A caller whose context ends waits for the handler, which has the same one.
type direct struct {
	chain   *chain
	methods map[string]unaryMethod // all registered before the first call
}

type unaryMethod struct {
	implementation any
	handle         grpc.MethodHandler
}

func (d *direct) register(desc *grpc.ServiceDesc, implementation any) {
	for _, m := range desc.Methods {
		d.methods["/"+desc.ServiceName+"/"+m.MethodName] = unaryMethod{implementation, m.Handler}
	}
}

// invoke calls a method in the name of someone whom a component of this process vouches for, or else with the credentials in
// the metadata.
func (d *direct) invoke(ctx context.Context, vouchedFor *auth.Principal, method string, req, resp any, options []grpc.CallOption) error {
	m, ok := d.methods[method]
	if !ok {
		return status.Errorf(codes.Unimplemented, "%s is not offered", method)
	}
	answer := &answerMetadata{method: method}
	handled, err := m.handle(m.implementation, serverContext(ctx, vouchedFor, answer), func(in any) error { return cloner{}.Copy(in, req) }, d.chain.unary)
	answer.tell(options)
	if err != nil {
		return err
	}
	return cloner{}.Copy(resp, handled)
}

// ofCaller is the caller's context without what only it should see. It ends when that does.
type ofCaller struct{ context.Context }

// Value implements context.Context.
func (ofCaller) Value(any) any { return nil }

// inProcess is where calls within the process come from.
var inProcess = &peer.Peer{Addr: &net.UnixAddr{Name: "in process", Net: "unix"}}

// vouchedKey is of the principal that a component of this process vouches for. Only this file puts one into a context: what
// comes from the network has a context without.
type vouchedKey struct{}

func serverContext(ctx context.Context, vouchedFor *auth.Principal, answer *answerMetadata) context.Context {
	server := peer.NewContext(ofCaller{ctx}, inProcess)
	if vouchedFor != nil {
		server = context.WithValue(server, vouchedKey{}, *vouchedFor)
	}
	if id := RequestID(ctx); id != "" { // It is part of that request. In metadata, it would be copied and looked for.
		server = context.WithValue(server, requestIDKey{}, id)
	}
	if md, ok := metadata.FromOutgoingContext(ctx); ok {
		server = metadata.NewIncomingContext(server, md)
	}
	return grpc.NewContextWithServerTransportStream(server, answer)
}

// answerMetadata is what a handler answers besides its message.
type answerMetadata struct {
	method string

	mu              sync.Mutex
	header, trailer metadata.MD
}

// Method implements grpc.ServerTransportStream.
func (a *answerMetadata) Method() string { return a.method }

// SetHeader implements grpc.ServerTransportStream.
func (a *answerMetadata) SetHeader(md metadata.MD) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.header = metadata.Join(a.header, md)
	return nil
}

// SendHeader implements grpc.ServerTransportStream.
func (a *answerMetadata) SendHeader(md metadata.MD) error { return a.SetHeader(md) }

// SetTrailer implements grpc.ServerTransportStream.
func (a *answerMetadata) SetTrailer(md metadata.MD) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trailer = metadata.Join(a.trailer, md)
	return nil
}

// tell gives a caller the metadata that it asked for.
func (a *answerMetadata) tell(options []grpc.CallOption) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range options {
		switch o := o.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = a.header
		case grpc.TrailerCallOption:
			*o.TrailerAddr = a.trailer
		}
	}
}
