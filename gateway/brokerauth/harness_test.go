package brokerauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/gateway/brokerauth"
	"github.com/palabre/palabre/internal/auth"
)

const (
	secret          = "the secret of brokers in tests"
	gatewayUser     = "palabre.gateway"
	gatewayPassword = "the password of the gateway"

	group    = "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"
	elsewhat = "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e11" // a conversation that alice is not in
	visitID  = "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e12"
	visitor  = "anon:" + visitID
	shop     = "shop-has-a-secret-of-its-own"
	hospital = "hospital-has-a-secret-of-its-own"
	peers    = "the secret of a deployment that exists in tests only"
)

// members is a Membership.
type members struct {
	mu    sync.Mutex
	in    map[string]bool // "geosector alice group"
	check func(context.Context) error
}

func (m *members) MayAccess(ctx context.Context, applicationID, subject, conversationID string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.check != nil {
		if err := m.check(ctx); err != nil {
			return true, err // yes all the same: who ignores the error lets them in
		}
	}
	return m.in[applicationID+" "+subject+" "+conversationID], nil
}

func (m *members) setCheck(check func(context.Context) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.check = check
}

// world is a Handler for one application, in whose group alice and a visitor are.
type world struct {
	*brokerauth.Handler
	t       testing.TB
	members *members
	metrics *prometheus.Registry
	clock   time.Time
	log     *strings.Builder
}

func start(t testing.TB, configure ...func(*brokerauth.Config)) *world {
	t.Helper()
	w := &world{
		t: t, metrics: prometheus.NewRegistry(), clock: time.Now(), log: &strings.Builder{},
		members: &members{in: map[string]bool{"geosector alice " + group: true, "geosector " + visitor + " " + group: true}},
	}
	verifier, err := auth.NewVerifier(auth.Config{
		Applications: map[string]auth.ApplicationConfig{
			"geosector": {JWTSecret: shop, Roles: map[string]auth.RoleKind{"2": auth.RoleAdmin}}, "resalice": {JWTSecret: hospital},
		},
		PeerSecret: []byte(peers),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(verifier.Close)
	c := brokerauth.Config{
		Secret:        secret,
		Prefixes:      map[string]string{"geosector": "chat"},
		Authenticator: verifier,
		Membership:    w.members,
		Gateway:       brokerauth.Account{Username: gatewayUser, Password: gatewayPassword},
		Logger:        slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Registerer:    w.metrics,
		Now:           func() time.Time { return w.clock },
	}
	for _, f := range configure {
		f(&c)
	}
	if w.Handler, err = brokerauth.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

// twoApplications is for deployments where user ids of two applications may be the same.
func twoApplications(c *brokerauth.Config) {
	c.Prefixes = map[string]string{"geosector": "chat", "resalice": "resalice"}
}

// token is a user's, good for an hour.
func token(t testing.TB, application, user, role string) string {
	t.Helper()
	signed, err := auth.SignToken(map[string]string{"geosector": shop, "resalice": hospital}[application], auth.Claims{
		UserID: user, ApplicationID: application, Role: role, ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func visitorToken(t testing.TB) string {
	t.Helper()
	tokens, err := auth.NewVisitorTokens([]byte(peers), nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := tokens.Sign(auth.VisitorClaims{
		AnonymousID: visitID, ConversationID: group, ApplicationID: "geosector", ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// post sends a question with the secret, and headers "Name: value".
func (w *world) post(path, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.SetBasicAuth("broker", secret)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

// asks sends a question as a broker of a kind, and answers what the broker makes of the answer.
func (w *world) asks(b broker, path, query, body string) string {
	w.t.Helper()
	return b.takes(w.post(path+query, body, b.headers...))
}

// broker is how brokers of one kind ask, and what they make of answers, as their documentation and sources say.
type broker struct {
	name          string
	headers       []string
	register      []string // headers of a CONNECT, when others
	connect       func(username, password string) string
	publish       func(username, topic string, qos int, retain bool) string
	subscribe     func(username, topic string) string
	publishHook   []string
	subscribeHook []string
	takes         func(*httptest.ResponseRecorder) string // "lets", "denies", or what it does instead
}

func (w *world) connects(b broker, username, password string) string {
	w.t.Helper()
	b.headers = append(b.headers, b.register...)
	return w.asks(b, "/mqtt/auth", "", b.connect(username, password))
}

func (w *world) publishes(b broker, username, topic string, qos int, retain bool) string {
	w.t.Helper()
	b.headers = append(b.headers, b.publishHook...)
	return w.asks(b, "/mqtt/acl", "", b.publish(username, topic, qos, retain))
}

func (w *world) subscribes(b broker, username, topic string) string {
	w.t.Helper()
	b.headers = append(b.headers, b.subscribeHook...)
	return w.asks(b, "/mqtt/acl", "", b.subscribe(username, topic))
}

const (
	inJSON = "Content-Type: application/json"
	asForm = "Content-Type: application/x-www-form-urlencoded"
)

// brokers are those that can ask.
var brokers = []broker{
	{
		name: "EMQX", headers: []string{inJSON},
		connect: func(username, password string) string {
			return object("clientid", "c", "username", username, "password", password, "peerhost", "192.0.2.1")
		},
		publish: func(username, topic string, qos int, retain bool) string {
			return object("username", username, "topic", topic, "action", "publish", "qos", fmt.Sprint(qos), "retain", fmt.Sprint(retain), "application", "geosector", "moderator", "false")
		},
		subscribe: func(username, topic string) string {
			return object("username", username, "topic", topic, "action", "subscribe", "qos", "1", "retain", "undefined", "application", "geosector", "moderator", "false")
		},
		takes: emqxTakes,
	},
	verneMQ("", "auth_on_register", "auth_on_publish", "auth_on_subscribe"),
	verneMQ(", MQTT 5", "auth_on_register_m5", "auth_on_publish_m5", "auth_on_subscribe_m5"),
	{
		name: "NanoMQ", headers: []string{asForm},
		connect: func(username, password string) string {
			return form("clientid", "c", "username", username, "password", password, "ipaddr", "192.0.2.1")
		},
		publish: func(username, topic string, _ int, _ bool) string {
			return form("clientid", "c", "username", username, "access", "2", "topic", topic)
		},
		subscribe: func(username, topic string) string {
			return form("clientid", "c", "username", username, "access", "1", "topic", topic)
		},
		takes: statusTakes,
	},
	{
		name: "mosquitto-go-auth", headers: []string{inJSON}, connect: goAuth, takes: statusTakes,
		publish:   func(username, topic string, _ int, _ bool) string { return goAuthAsks(username, topic, 2) },
		subscribe: func(username, topic string) string { return goAuthAsks(username, topic, 4) },
	},
	{
		name: "mosquitto-go-auth, as a form", headers: []string{asForm}, takes: statusTakes,
		connect: func(username, password string) string {
			return form("clientid", "c", "username", username, "password", password)
		},
		publish: func(username, topic string, _ int, _ bool) string {
			return form("clientid", "c", "username", username, "topic", topic, "acc", "2")
		},
		subscribe: func(username, topic string) string {
			return form("clientid", "c", "username", username, "topic", topic, "acc", "1")
		},
	},
}

func verneMQ(version, register, publish, subscribe string) broker {
	hook := func(name string) []string { return []string{"vernemq-hook: " + name} }
	return broker{
		name: "VerneMQ" + version, headers: []string{inJSON},
		register: hook(register), publishHook: hook(publish), subscribeHook: hook(subscribe),
		connect: func(username, password string) string {
			return object("peer_addr", "192.0.2.1", "peer_port", 1883, "mountpoint", "", "client_id", "c", "username", username, "password", password, "clean_session", true)
		},
		publish: func(username, topic string, qos int, retain bool) string {
			return object("username", username, "client_id", "c", "mountpoint", "", "qos", qos, "topic", topic, "retain", retain)
		},
		subscribe: func(username, topic string) string {
			return object("username", username, "client_id", "c", "mountpoint", "", "topics", []any{map[string]any{"topic": topic, "qos": 1}})
		},
		takes: verneMQTakes,
	}
}

var errDown = errors.New("the chat service is down")
