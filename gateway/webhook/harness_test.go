package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/gateway/webhook"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/testenv"
)

const (
	secret     = "whsec_bm90LWEtcmVhbC1zZWNyZXQtYnV0LWxvbmctZW5vdWdo"
	peerSecret = "test-secret-of-the-deployment-0123456789"
	// token is in the URL of every receiver, and is nobody else's business.
	token = "t0ken-in-the-url"
	// held is a word that a moderator has to look at.
	held = "hmm"
)

// TestMain has the receivers' certificate trusted, as an operator would.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "palabre-webhook-")
	if err == nil {
		server := httptest.NewTLSServer(nil)
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		server.Close()
		file := filepath.Join(dir, "ca.pem")
		err = os.WriteFile(file, text, 0o600)
		_ = os.Setenv("SSL_CERT_FILE", file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// world is a Palabre whose webhooks are the test's to run.
type world struct {
	chat       chatv1.ChatServiceClient
	moderation moderationv1.ModerationServiceClient
	logs       *logs
}

func newWorld(t *testing.T, change ...func(*app.Config)) *world {
	t.Helper()
	c := testenv.Config(t)
	c.PeerSecret = peerSecret
	c.Run = []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat}
	a := c.Applications[testenv.App]
	a.Rules = []app.Rule{{ID: "look", Action: "hold", Words: &app.WordList{Entries: []string{held}}}}
	c.Applications[testenv.App] = a
	for _, f := range change {
		f(&c)
	}
	env := testenv.Start(t, c)
	conn, err := rpc.Dial(env.GRPC, rpc.DialConfig{Component: "webhook", PeerSecret: []byte(peerSecret)})
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	w := &world{chatv1.NewChatServiceClient(conn), moderationv1.NewModerationServiceClient(conn), new(logs)}
	t.Cleanup(func() {
		for _, s := range []string{secret, strings.TrimPrefix(secret, "whsec_"), token} {
			if strings.Contains(w.logs.String(), s) {
				t.Errorf("the log has %q in it", s)
			}
		}
	})
	return w
}

// told is how the webhooks are told, by a gateway of a process of its own.
type told struct {
	stop    func()
	metrics *prometheus.Registry
}

// quick are limits with which tests need not wait.
var quick = webhook.Limits{
	RetryAfter: 5 * time.Millisecond, MaxRetryAfter: 20 * time.Millisecond, Fresh: 100 * time.Millisecond,
	AcknowledgeEvery: 5 * time.Millisecond, LeaseTime: 400 * time.Millisecond, Refusals: 1000,
}

// tells runs a gateway to webhooks of App until the test ends or it is stopped.
func (w *world) tells(t *testing.T, limits webhook.Limits, endpoints ...webhook.Endpoint) *told {
	t.Helper()
	r := &told{metrics: prometheus.NewRegistry()}
	g, err := webhook.New(webhook.Config{
		Endpoints:  map[string][]webhook.Endpoint{testenv.App: endpoints},
		Chat:       w.chat,
		Version:    "test",
		Limits:     limits,
		Logger:     slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Registerer: r.metrics,
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	r.stop = sync.OnceFunc(func() { cancel(); must(t, <-ended) })
	t.Cleanup(r.stop)
	return r
}

// begun waits until receivers are told of what happens from now on.
func (w *world) begun(t *testing.T, receivers ...*receiver) {
	t.Helper()
	for _, r := range receivers {
		w.happens(t, "told", func(conversation string) bool { return len(r.of(conversation)) > 0 })
	}
}

// happens has something happen in a conversation until something comes of it: what happens before a webhook has begun is not
// told.
func (w *world) happens(t *testing.T, what string, is func(conversation string) bool) {
	t.Helper()
	c := w.talk(t, "alice", "bob")
	asked := 0
	eventually(t, what, func() bool {
		if asked++; asked%20 == 1 {
			w.says(t, c, "bonjour")
		}
		return is(c)
	})
}

// counted is a counter or gauge of a webhook, of all outcomes or one.
func (r *told) counted(t *testing.T, name, outcome string) (sum float64) {
	t.Helper()
	families, err := r.metrics.Gather()
	must(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			match := outcome == ""
			for _, l := range m.GetLabel() {
				match = match || l.GetName() == "outcome" && l.GetValue() == outcome
			}
			if f.GetName() == name && match {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func as(t *testing.T, user string) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: testenv.App, Kind: auth.KindUser, UserID: user, Name: "Name of " + user})
}

// talk makes a group, and answers its id.
func (w *world) talk(t *testing.T, admin string, members ...string) string {
	t.Helper()
	req := &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group}
	for _, m := range members {
		req.Participants = append(req.Participants, &chatv1.NewParticipant{UserId: m})
	}
	c, err := w.chat.CreateConversation(as(t, admin), req)
	must(t, err)
	return c.GetId()
}

// says is alice saying something.
func (w *world) says(t *testing.T, conversation, content string) *chatv1.Message {
	t.Helper()
	m, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: conversation, Content: content})
	must(t, err)
	return m
}

// posted is what a receiver was posted.
type posted struct {
	header http.Header
	body   []byte
	event  event
	at     time.Time
}

// event is what tests read of a body.
type event struct {
	ApplicationID, Event, EventID, ConversationID, Seq string
	Message                                            struct{ ID, Content string }
	Moderation                                         struct{ MessageID, Status string }
}

// receiver is a host's back end.
type receiver struct {
	webhook.Endpoint
	server *httptest.Server

	mu     sync.Mutex
	answer func(posted) int
	tried  []posted // all that came
	taken  []posted // what was answered 2xx
}

// receives starts a back end that answers 204 unless told otherwise.
func receives(t *testing.T, answer func(posted) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.serve(t, "127.0.0.1:0")
	r.Endpoint = webhook.Endpoint{URL: r.server.URL + "/hook?key=" + token, Secret: secret}
	return r
}

func (r *receiver) serve(t *testing.T, address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	must(t, err)
	r.server = &httptest.Server{Listener: l, Config: &http.Server{Handler: r}}
	r.server.Start()
	t.Cleanup(r.server.Close)
}

// ServeHTTP takes what is posted.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	p := posted{header: q.Header, body: body, at: time.Now()}
	if err == nil {
		err = json.Unmarshal(body, &p.event)
	}
	if err != nil || q.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.tried = append(r.tried, p)
	answer := r.answer
	r.mu.Unlock()
	code := http.StatusNoContent
	if answer != nil {
		code = answer(p)
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if code == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	if code < 300 {
		r.mu.Lock()
		r.taken = append(r.taken, p)
		r.mu.Unlock()
	}
	w.WriteHeader(code)
}

func (r *receiver) answers(f func(posted) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// of answers what it has taken of a conversation.
func (r *receiver) of(conversation string) []posted { return filter(r, &r.taken, conversation) }

// triedOf answers all that was posted of a conversation.
func (r *receiver) triedOf(conversation string) []posted { return filter(r, &r.tried, conversation) }

func filter(r *receiver, list *[]posted, conversation string) (of []posted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range *list {
		if p.event.ConversationID == conversation {
			of = append(of, p)
		}
	}
	return of
}

// has says whether it has taken the event of a message.
func (r *receiver) has(m *chatv1.Message) bool {
	for _, p := range r.of(m.GetConversationId()) {
		if p.event.Event == "message.created" && p.event.Message.ID == m.GetId() {
			return true
		}
	}
	return false
}

func (r *receiver) takes(t *testing.T, m *chatv1.Message) {
	t.Helper()
	eventually(t, "told of "+m.GetContent(), func() bool { return r.has(m) })
}

// contents are those of the messages that it has taken of a conversation, without repeats.
func (r *receiver) contents(conversation string) (contents []string) {
	seen := map[string]bool{}
	for _, p := range r.of(conversation) {
		if p.event.Event == "message.created" && !seen[p.event.EventID] {
			seen[p.event.EventID] = true
			contents = append(contents, p.event.Message.Content)
		}
	}
	return contents
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * testenv.Patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("not %s", what)
		}
		<-time.After(3 * time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logs are what was logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to it.
func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all of it.
func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
