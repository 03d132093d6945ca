package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/palabre/palabre/internal/auth"
)

const (
	// keepaliveTime is how long a connection may be silent before it is asked whether it is alive; keepaliveTimeout how
	// long the answer may take. NATs forget a silent connection after a few minutes.
	keepaliveTime, keepaliveTimeout = time.Minute, 20 * time.Second
	// minClientPing is how often a client may ask the same. Clients that ask more often are disconnected.
	minClientPing = 5 * time.Second
	// streamWorkers are how many calls are handled by goroutines that stay.
	streamWorkers = 256
)

// Server offers services over the network and within the process. Services are registered before the first call.
type Server struct {
	chain    *chain
	network  *grpc.Server
	loopback *inprocgrpc.Channel // of streams
	direct   *direct             // of single calls
	health   *health.Server
	secret   []byte
}

// NewServer makes a Server that offers health and reflection.
func NewServer(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("rpc: %w", err)
	}
	c = c.withDefaults()
	chain, err := newChain(c)
	if err != nil {
		return nil, fmt.Errorf("rpc: %w", err)
	}
	s := &Server{
		chain:    chain,
		network:  grpc.NewServer(serverOptions(c, chain)...),
		loopback: newLoopback(chain),
		direct:   &direct{chain: chain, methods: map[string]unaryMethod{}},
		health:   health.NewServer(),
		secret:   c.PeerSecret,
	}
	healthv1.RegisterHealthServer(open{s}, s.health)
	reflection.Register(open{s})
	return s, nil
}

func serverOptions(c Config, chain *chain) []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.UnaryInterceptor(chain.unary),
		grpc.StreamInterceptor(chain.stream),
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.StaticStreamWindowSize(streamWindow), grpc.StaticConnWindowSize(connectionWindow),
		// A goroutine that stays has a stack of the right size; growing one anew for each call costs as much as the rest.
		grpc.NumStreamWorkers(streamWorkers),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minClientPing, PermitWithoutStream: true}),
		// Otherwise Shutdown would return, and the database be closed, with handlers still running.
		grpc.WaitForHandlers(true),
	}
	if c.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(c.TLS)))
	}
	return options
}

// RegisterService offers a service on the network and in the process, and says in health that it serves.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	s.network.RegisterService(desc, implementation)
	s.loopback.RegisterService(desc, implementation)
	s.direct.register(desc, implementation)
	s.chain.prepare(desc)
	s.SetServing(desc.ServiceName, true)
}

// open registers services that anyone may call.
type open struct{ *Server }

// RegisterService offers the service to anyone.
func (o open) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	for _, method := range o.chain.policy.Missing(desc) {
		o.chain.policy[method] = auth.Anyone
	}
	o.Server.RegisterService(desc, implementation)
}

// GetServiceInfo lists the services registered, for reflection.
func (s *Server) GetServiceInfo() map[string]grpc.ServiceInfo { return s.network.GetServiceInfo() }

// SetServing says in health whether a service ("palabre.chat.v1.ChatService") can do its work. The empty name stands for
// the whole server, which serves from the start.
func (s *Server) SetServing(service string, serving bool) {
	status := healthv1.HealthCheckResponse_NOT_SERVING
	if serving {
		status = healthv1.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus(service, status)
}

// Serve answers calls from a listener, which it closes, until Shutdown. It may be called for several listeners. A Server
// that only offers its loopback does not need it.
func (s *Server) Serve(listener net.Listener) error {
	// One that was shut down before it began to serve has nothing to complain about.
	if err := s.network.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve rpc on %s: %w", listener.Addr(), err)
	}
	return nil
}

// Shutdown refuses new calls from the network, ends streams with UNAVAILABLE (they can be resumed elsewhere), and waits
// for the calls being handled, of which those in the process may still make others there. When ctx ends first, calls from
// the network are cancelled and waited for, so a handler must heed its context; for calls in the process, which their
// callers cancel, the error of ctx is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.health.Shutdown()
	s.chain.stopStreams()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s.network.GracefulStop()
	}()
	select {
	case <-drained:
	case <-ctx.Done():
		s.network.Stop()
		<-drained
	}
	if err := s.chain.running.wait(ctx); err != nil {
		return fmt.Errorf("rpc: calls are still being handled: %w", err)
	}
	return nil
}
