package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/palabre/palabre/internal/auth"
)

func newLoopback(chain *chain) *inprocgrpc.Channel {
	channel := &inprocgrpc.Channel{}
	return channel.
		WithServerUnaryInterceptor(chain.unary).
		WithServerStreamInterceptor(chain.stream).
		WithCloner(streamCloner{})
}

// Loopback answers a connection to the services of this Server within the process, for a component ("mqtt", "chat") that
// vouches for those in whose name it calls. It may be had before the services are registered, needs no Serve, and works
// during Shutdown. It panics without the name of a component.
func (s *Server) Loopback(component string) grpc.ClientConnInterface {
	signer, err := auth.NewPeerSigner(auth.PeerSignerConfig{Secret: s.secret, Component: component, Now: s.chain.now})
	if err != nil {
		panic(fmt.Sprintf("rpc: loopback: %v", err))
	}
	return loopback{s.loopback, s.direct, component, outgoing{signer}}
}

// loopback is the client side of the services in this process.
type loopback struct {
	channel   *inprocgrpc.Channel
	direct    *direct
	component string
	outgoing  outgoing
}

// Invoke makes a unary call. In the process there is no need to sign for whom.
func (l loopback) Invoke(ctx context.Context, method string, req, resp any, options ...grpc.CallOption) error {
	if p, ok := auth.Outgoing(ctx); ok {
		p.Peer = l.component
		return l.direct.invoke(ctx, &p, method, req, resp, options)
	}
	ctx, err := l.outgoing.context(ctx)
	if err != nil {
		return err
	}
	return l.direct.invoke(ctx, nil, method, req, resp, options)
}

// NewStream begins a streaming call.
func (l loopback) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, err := l.outgoing.context(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := l.channel.NewStream(ctx, desc, method, options...)
	if err != nil || desc.ClientStreams {
		return stream, err
	}
	return oneRequest{stream}, nil
}

// oneRequest is a stream of responses to one request.
type oneRequest struct{ grpc.ClientStream }

// SendMsg sends the request. The server may have ended the stream already, with a refusal; generated code would return
// the EOF that says so and lose the status, which the next RecvMsg answers. grpc's own streams do the same.
func (s oneRequest) SendMsg(m any) error {
	if err := s.ClientStream.SendMsg(m); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// cloner copies messages from one side of the channel to the other, which may go on using theirs.
type cloner struct{}

// Copy makes out equal to in.
func (cloner) Copy(out, in any) error {
	to, okTo := out.(proto.Message)
	from, okFrom := in.(proto.Message)
	if !okTo || !okFrom {
		return fmt.Errorf("rpc: cannot copy a %T to a %T", in, out)
	}
	proto.Reset(to)
	proto.Merge(to, from)
	return nil
}

// Clone answers a copy of in.
func (cloner) Clone(in any) (any, error) {
	from, ok := in.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("rpc: cannot copy a %T", in)
	}
	return proto.Clone(from), nil
}

// streamCloner is cloner for streams. What is received there was cloned when it was sent, so nobody else has it, and the
// receiver's message may have the parts of it as they are.
type streamCloner struct{ cloner }

// Copy makes out equal to in, which is out's from then on.
func (streamCloner) Copy(out, in any) error {
	to, okTo := out.(proto.Message)
	from, okFrom := in.(proto.Message)
	if !okTo || !okFrom || to.ProtoReflect().Descriptor() != from.ProtoReflect().Descriptor() {
		return fmt.Errorf("rpc: cannot copy a %T to a %T", in, out)
	}
	proto.Reset(to)
	into, parts := to.ProtoReflect(), from.ProtoReflect()
	parts.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		into.Set(field, v)
		return true
	})
	into.SetUnknown(parts.GetUnknown())
	return nil
}
