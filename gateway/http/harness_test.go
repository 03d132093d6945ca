package httpgw_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	httpgw "github.com/palabre/palabre/gateway/http"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// patience is how long a test waits for what must happen. Nothing waits it out when all is well.
const patience = 5 * time.Second

const conversation = "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"

// received is a call as it came to the peer.
type received struct {
	method   string // /palabre.chat.v1.ChatService/GetConversation
	request  proto.Message
	metadata metadata.MD
}

// peer is the services at the other end of a network: it notes each call, and answers what it was told to.
type peer struct {
	mu     sync.Mutex
	calls  []received
	answer func(context.Context, received) (proto.Message, error) // nil: the empty message
	files  files
}

// answers makes the peer answer so from now on.
func (p *peer) answers(answer func(context.Context, received) (proto.Message, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// fails makes the peer answer an error from now on.
func (p *peer) fails(err error) {
	p.answers(func(context.Context, received) (proto.Message, error) { return nil, err })
}

// last answers the latest call, and fails the test when there was none.
func (p *peer) last(t *testing.T) received {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) == 0 {
		t.Fatal("no call came to the service")
	}
	return p.calls[len(p.calls)-1]
}

func (p *peer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}

func (p *peer) handle(ctx context.Context, request any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	call := received{info.FullMethod, request.(proto.Message), md}
	p.mu.Lock()
	p.calls = append(p.calls, call)
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		return answer(ctx, call)
	}
	return emptyAnswer(info.FullMethod)
}

func emptyAnswer(fullMethod string) (proto.Message, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", "."))
	method, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, err
	}
	output, err := protoregistry.GlobalTypes.FindMessageByName(method.(protoreflect.MethodDescriptor).Output().FullName())
	if err != nil {
		return nil, err
	}
	return output.New().Interface(), nil
}

// start serves the peer, and answers a connection to it.
func (p *peer) start(t testing.TB) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.UnaryInterceptor(p.handle), grpc.StreamInterceptor(p.files.handle), grpc.WaitForHandlers(true))
	chatv1.RegisterChatServiceServer(server, chatv1.UnimplementedChatServiceServer{})
	moderationv1.RegisterModerationServiceServer(server, moderationv1.UnimplementedModerationServiceServer{})
	audiencev1.RegisterAudienceServiceServer(server, audiencev1.UnimplementedAudienceServiceServer{})
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///peer", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// gateway is a Gateway before a peer.
type gateway struct {
	*httpgw.Gateway
	peer *peer
	url  string
}

// newGateway starts a Gateway with all services; change may change its Config.
func newGateway(t testing.TB, change ...func(*httpgw.Config)) *gateway {
	t.Helper()
	g := &gateway{peer: &peer{}}
	conn := g.peer.start(t)
	cfg := httpgw.Config{Chat: conn, Moderation: conn, Audience: conn, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if g.Gateway, err = httpgw.New(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

// answer is an HTTP answer, read whole.
type answer struct {
	*http.Response
	body string
}

// do sends a request. Headers are "Name: value".
func (g *gateway) do(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Del(name)
		if value != "" {
			r.Header.Add(name, value)
		}
	}
	return send(t, r)
}

func send(t testing.TB, r *http.Request) answer {
	t.Helper()
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, string(body)}
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(a.body), &object); err != nil {
		t.Fatalf("the answer is not a JSON object: %q", a.body)
	}
	return object
}

// problem is an error answer.
type problem struct {
	Code    int
	Message string
	Reason  string
	Fields  map[string]string // what is wrong, by field
	Facts   map[string]any    // of the ErrorInfo
}

// problem reads an error answer, and fails the test when it is not exactly {code, message, details}.
func (a answer) problem(t testing.TB) problem {
	t.Helper()
	var body struct {
		Code    *int
		Message *string
		Details []map[string]any
	}
	strict := json.NewDecoder(strings.NewReader(a.body))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&body); err != nil || body.Code == nil || body.Message == nil || body.Details == nil {
		t.Fatalf("HTTP %d is not a google.rpc.Status: %q", a.StatusCode, a.body)
	}
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("an error of Content-Type %q", got)
	}
	p := problem{Code: *body.Code, Message: *body.Message, Fields: map[string]string{}}
	for _, d := range body.Details {
		switch d["@type"] {
		case "type.googleapis.com/google.rpc.ErrorInfo":
			p.Reason, _ = d["reason"].(string)
			p.Facts, _ = d["metadata"].(map[string]any)
		case "type.googleapis.com/google.rpc.BadRequest":
			violations, _ := d["fieldViolations"].([]any)
			for _, v := range violations {
				v := v.(map[string]any)
				p.Fields[v["field"].(string)] = v["description"].(string)
			}
		}
	}
	return p
}

// wants fails the test unless the answer is an error with this status and reason, and answers it.
func (a answer) wants(t testing.TB, status int, reason string) problem {
	t.Helper()
	p := a.problem(t)
	if a.StatusCode != status || p.Reason != reason {
		t.Errorf("HTTP %d %s (%s), want %d %s", a.StatusCode, p.Reason, p.Message, status, reason)
	}
	return p
}
