package httpgw_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"

	httpgw "github.com/palabre/palabre/gateway/http"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
)

// whoami is a ChatService that answers who calls, as the title.
type whoami struct {
	chatv1.UnimplementedChatServiceServer
}

func (whoami) GetConversation(ctx context.Context, r *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
	caller, _ := auth.FromContext(ctx)
	return &chatv1.Conversation{Id: r.GetId(), ApplicationId: caller.ApplicationID, Title: caller.Subject()}, nil
}

func (whoami) DeleteConversation(context.Context, *chatv1.DeleteConversationRequest) (*emptypb.Empty, error) {
	panic("a bug in the service")
}

// inProcess makes a Gateway before a service in the same process, behind the interceptors that every service has.
func inProcess(t *testing.T) *gateway {
	t.Helper()
	peers := []byte("a secret of thirty-two bytes, or more")
	verifier, err := auth.NewVerifier(auth.Config{
		Applications: map[string]auth.ApplicationConfig{
			"geosector": {JWTSecret: jwtSecret, APIKeys: []string{"geo_0123456789abcdef"}},
		},
		PeerSecret: peers,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(verifier.Close)
	server, err := rpc.NewServer(rpc.Config{
		Verifier: verifier, PeerSecret: peers, Logger: slog.New(slog.DiscardHandler),
		Policy: auth.Policy{
			chatv1.ChatService_GetConversation_FullMethodName:    auth.Users | auth.Services,
			chatv1.ChatService_DeleteConversation_FullMethodName: auth.Users,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	chatv1.RegisterChatServiceServer(server, whoami{})
	return newGateway(t, func(cfg *httpgw.Config) { cfg.Chat = server.Loopback("http") })
}

const jwtSecret = "a shared secret of geosector, long enough"

func bearer(t *testing.T, user string, ttl time.Duration) string {
	t.Helper()
	token, err := auth.SignToken(jwtSecret, auth.Claims{UserID: user, ApplicationID: "geosector", Role: "1", ExpiresAt: time.Now().Add(ttl)})
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + token
}

func TestInOneProcessTheServicesInterceptorsStandBetween(t *testing.T) {
	g := inProcess(t)
	const path = "/api/chat/conversations/" + conversation
	alice := bearer(t, "alice", time.Minute)

	if got := g.do(t, "GET", path, "", alice).json(t); got["title"] != "alice" || got["applicationId"] != "geosector" {
		t.Errorf("a user: %v", got)
	}
	asBob := []string{"X-Api-Key: geo_0123456789abcdef", "X-Palabre-User: bob"}
	if got := g.do(t, "GET", path, "", asBob...).json(t); got["title"] != "bob" {
		t.Errorf("a service that acts for a user: %v", got)
	}
	g.do(t, "GET", path, "").wants(t, http.StatusUnauthorized, "CREDENTIALS_MISSING")
	g.do(t, "GET", path, "", "X-Api-Key: wrong").wants(t, http.StatusUnauthorized, "CREDENTIALS_INVALID")
	g.do(t, "GET", path, "", bearer(t, "alice", -time.Hour)).wants(t, http.StatusUnauthorized, "TOKEN_EXPIRED")
	g.do(t, "GET", path, "", "X-Palabre-Principal: forged").wants(t, http.StatusUnauthorized, "CREDENTIALS_MISSING")

	p := g.do(t, "GET", "/api/chat/conversations/c1", "", alice).wants(t, http.StatusBadRequest, "INVALID_ARGUMENT")
	if p.Fields["id"] == "" {
		t.Errorf("fields %q", p.Fields)
	}
	p = g.do(t, "DELETE", path, "", alice, "X-Request-Id: req-1").wants(t, http.StatusInternalServerError, "INTERNAL")
	if p.Facts["requestId"] != "req-1" {
		t.Errorf("a panic in the service: %v", p.Facts)
	}
	g.do(t, "GET", "/api/chat/announcements", "", alice).wants(t, http.StatusForbidden, "NOT_ALLOWED") // in no policy
}
