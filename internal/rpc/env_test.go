package rpc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret     = "a shared secret of geosector"
	apiKey     = "geo_0123456789abcdef"
	peerSecret = "the deployment's own secret, of 32 bytes and more"
	uuid       = "0190a3f0-7c5e-7cc3-8a3e-0123456789ab"
)

// chat is a ChatService whose methods a test gives.
type chat struct {
	chatv1.UnimplementedChatServiceServer
	get    func(context.Context, *chatv1.GetConversationRequest) (*chatv1.Conversation, error)
	stream func(*chatv1.StreamEventsRequest, grpc.ServerStreamingServer[chatv1.StreamEventsResponse]) error
	// startAnonymous hears of a caller of whom nothing else is known; nil for nobody.
	startAnonymous func(context.Context)
}

func (c *chat) GetConversation(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
	if c.get == nil {
		return &chatv1.Conversation{Id: req.GetId()}, nil
	}
	return c.get(ctx, req)
}

func (c *chat) ListConversations(context.Context, *chatv1.ListConversationsRequest) (*chatv1.ListConversationsResponse, error) {
	return &chatv1.ListConversationsResponse{}, nil
}

func (c *chat) CreateConversation(context.Context, *chatv1.CreateConversationRequest) (*chatv1.Conversation, error) {
	return &chatv1.Conversation{}, nil
}

func (c *chat) StartAnonymousConversation(ctx context.Context, _ *chatv1.StartAnonymousConversationRequest) (*chatv1.StartAnonymousConversationResponse, error) {
	if _, known := auth.FromContext(ctx); known {
		return nil, rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_NOT_ALLOWED, "somebody is known")
	}
	if c.startAnonymous != nil {
		c.startAnonymous(ctx)
	}
	return &chatv1.StartAnonymousConversationResponse{}, nil
}

func (c *chat) StreamEvents(req *chatv1.StreamEventsRequest, s grpc.ServerStreamingServer[chatv1.StreamEventsResponse]) error {
	return c.stream(req, s)
}

func policy() auth.Policy {
	return auth.Policy{
		chatv1.ChatService_GetConversation_FullMethodName:            auth.Users | auth.Visitors | auth.Services | auth.Peers,
		chatv1.ChatService_CreateConversation_FullMethodName:         auth.Admins,
		chatv1.ChatService_DeleteConversation_FullMethodName:         auth.Users,
		chatv1.ChatService_StreamEvents_FullMethodName:               auth.Users | auth.Peers,
		chatv1.ChatService_StartAnonymousConversation_FullMethodName: auth.Anyone,
		// ListConversations is forgotten.
	}
}

// server is a Server under test, with what it logs and counts.
type server struct {
	*rpc.Server
	address string
	log     *logBuffer
	metrics *prometheus.Registry
}

// start makes a Server of a service; change may change its configuration.
func start(t testing.TB, service chatv1.ChatServiceServer, change func(*rpc.Config)) *server {
	t.Helper()
	verifier, err := auth.NewVerifier(auth.Config{
		Applications: map[string]auth.ApplicationConfig{"geosector": {
			JWTSecret: secret, APIKeys: []string{apiKey}, Roles: map[string]auth.RoleKind{"2": auth.RoleAdmin},
		}},
		PeerSecret: []byte(peerSecret),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(verifier.Close)
	s := &server{log: &logBuffer{}, metrics: prometheus.NewRegistry()}
	c := rpc.Config{
		Verifier:   verifier,
		PeerSecret: []byte(peerSecret),
		Policy:     policy(),
		Metrics:    s.metrics,
		Logger:     slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	if s.Server, err = rpc.NewServer(c); err != nil {
		t.Fatal(err)
	}
	chatv1.RegisterChatServiceServer(s, service)
	s.serve(t)
	return s
}

func (s *server) serve(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// network answers a connection over TCP, for a component.
func (s *server) network(t testing.TB, component string) grpc.ClientConnInterface {
	t.Helper()
	conn, err := rpc.Dial(s.address, rpc.DialConfig{Component: component, PeerSecret: []byte(peerSecret)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// eachWay answers a client over the network, and one in the process: the same must be true of both.
func (s *server) eachWay(t testing.TB) map[string]grpc.ClientConnInterface {
	t.Helper()
	return map[string]grpc.ClientConnInterface{"network": s.network(t, "mqtt"), "loopback": s.Loopback("mqtt")}
}

func token(t testing.TB, user, role string) string {
	t.Helper()
	text, err := auth.SignToken(secret, auth.Claims{UserID: user, ApplicationID: "geosector", Role: role, ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// asAlice makes calls as an outside caller with a token.
func asAlice(t testing.TB) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(within(t), "authorization", "Bearer "+token(t, "alice", "1"))
}

// within bounds a test's calls, so that one that hangs fails.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

var good = &chatv1.GetConversationRequest{Id: uuid}

func wantStatus(t testing.TB, err error, code codes.Code, reason rpcv1.ErrorReason) {
	t.Helper()
	if rpcerr.Code(err) != code || rpcerr.Reason(err) != reason {
		t.Errorf("%s %s (%v); want %s %s", rpcerr.Code(err), rpcerr.Reason(err), err, code, reason)
	}
}

// logBuffer is what a server logged.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}
