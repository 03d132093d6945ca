package httpgw_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	httpgw "github.com/palabre/palabre/gateway/http"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestAnswersCarryDefaultsAndNoNull(t *testing.T) {
	g := newGateway(t)
	g.peer.answers(func(context.Context, received) (proto.Message, error) {
		return &chatv1.Conversation{Id: "c1", Type: chatv1.Conversation_one_to_one, LastSeq: 9007199254740993}, nil
	})
	a := g.do(t, "GET", "/api/chat/conversations/c1", "")
	got := a.json(t)
	for key, want := range map[string]any{
		"id": "c1", "type": "one_to_one", "title": "", "isPinned": false, "lastSeq": "9007199254740993", "unreadCount": 0.0,
	} {
		if got[key] != want {
			t.Errorf("%s: %v, want %v", key, got[key], want)
		}
	}
	if list, ok := got["participants"].([]any); !ok || len(list) != 0 {
		t.Errorf("participants: %v, want an empty list", got["participants"])
	}
	for key, value := range got {
		if value == nil {
			t.Errorf("%s is null", key)
		}
	}
}

func TestAnswersAreNotStoredNorSniffed(t *testing.T) {
	g := newGateway(t)
	for path, status := range map[string]int{"/api/chat/conversations": http.StatusOK, "/api/chat/nothing": http.StatusNotFound} {
		a := g.do(t, "GET", path, "")
		if a.StatusCode != status || a.Header.Get("Content-Type") != "application/json" ||
			a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: HTTP %d %v", path, a.StatusCode, a.Header)
		}
	}
}

func TestMetadataOfServicesDoesNotLeak(t *testing.T) {
	g := newGateway(t)
	g.peer.answers(func(ctx context.Context, _ received) (proto.Message, error) {
		md := metadata.Pairs("x-internal", "shard-3", "x-request-id", "another", "set-cookie", "a=b")
		grpc.SetHeader(ctx, md)
		grpc.SetTrailer(ctx, md)
		return &chatv1.ListConversationsResponse{}, nil
	})
	a := g.do(t, "GET", "/api/chat/conversations", "", "X-Request-Id: req-1", "Te: trailers")
	for name, values := range a.Header {
		switch name {
		case "Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "Date":
		case "X-Request-Id":
			if len(values) != 1 || values[0] != "req-1" {
				t.Errorf("X-Request-Id %q", values)
			}
		default:
			t.Errorf("%s: %q", name, values)
		}
	}
	if len(a.Trailer) > 0 {
		t.Errorf("trailers %v", a.Trailer)
	}
}

func TestDetailsOfUnknownTypesAreLeftOut(t *testing.T) {
	g := newGateway(t)
	st, err := status.New(codes.NotFound, "gone").WithDetails(&errdetails.ErrorInfo{Reason: "OF_A_LATER_VERSION", Domain: rpcerr.Domain})
	if err != nil {
		t.Fatal(err)
	}
	body := st.Proto()
	body.Details = append(body.Details, &anypb.Any{TypeUrl: "type.googleapis.com/palabre.later.v1.Hint", Value: []byte{1}})
	g.peer.fails(status.FromProto(body).Err())
	p := g.do(t, "GET", "/api/chat/conversations/c1", "").wants(t, http.StatusNotFound, "OF_A_LATER_VERSION")
	if p.Message != "gone" {
		t.Errorf("message %q", p.Message)
	}
}

func TestACallThatTakesTooLongIs504(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Limits.Request = 20 * time.Millisecond })
	g.peer.answers(func(ctx context.Context, _ received) (proto.Message, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	g.do(t, "GET", "/api/chat/conversations", "").wants(t, http.StatusGatewayTimeout, "DEADLINE_EXCEEDED")
}

func TestAServiceOutOfReachIs503(t *testing.T) {
	gone := (&peer{}).start(t)
	gone.Close()
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Chat = unreachable{gone} })
	a := g.do(t, "GET", "/api/chat/conversations", "")
	a.wants(t, http.StatusServiceUnavailable, "UNAVAILABLE")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// unreachable fails as a connection does whose server is away.
type unreachable struct{ grpc.ClientConnInterface }

func (unreachable) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return status.Error(codes.Unavailable, "connection error: dial tcp 10.0.0.3:9090: connect: connection refused")
}

// panicking panics in the call, as a bug in a generated handler would.
type panicking struct{ grpc.ClientConnInterface }

func (panicking) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	panic("secret of the stack")
}

func TestAPanicIsA500ThatSaysWhereToLook(t *testing.T) {
	logged := &logBuffer{}
	g := newGateway(t, func(cfg *httpgw.Config) {
		cfg.Chat = panicking{}
		cfg.Logger = slog.New(slog.NewTextHandler(logged, nil))
	})
	a := g.do(t, "GET", "/api/chat/conversations", "", "X-Request-Id: req-1")
	p := a.wants(t, http.StatusInternalServerError, "INTERNAL")
	if p.Facts["requestId"] != "req-1" {
		t.Errorf("no request id in %v", p.Facts)
	}
	if containsAny(a.body, "secret", "goroutine", ".go:") {
		t.Errorf("the caller is told %s", a.body)
	}
	if text := logged.String(); !strings.Contains(text, "secret of the stack") || !strings.Contains(text, "req-1") {
		t.Errorf("the log has %q", text)
	}
}

// logBuffer is a strings.Builder for several goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
