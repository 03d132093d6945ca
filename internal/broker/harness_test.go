package broker_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

// patience is how long a test waits for what must happen. Nothing waits it out when all is well.
const patience = 5 * time.Second

// The people of the tests. Their tokens are their names with "-token".
var people = map[string]auth.Principal{
	"alice": {ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleMember},
	"bob":   {ApplicationID: "geosector", Kind: auth.KindUser, UserID: "bob", RoleKind: auth.RoleMember},
	"adele": {ApplicationID: "geosector", Kind: auth.KindUser, UserID: "adele", RoleKind: auth.RoleAdmin},
	"sam":   {ApplicationID: "geosector", Kind: auth.KindUser, UserID: "sam", RoleKind: auth.RoleSuperAdmin},
	"rita":  {ApplicationID: "resalice", Kind: auth.KindUser, UserID: "rita", RoleKind: auth.RoleMember},
	"anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10": {
		ApplicationID: "geosector", Kind: auth.KindVisitor, UserID: "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10", ConversationID: "c2",
	},
	"backend":  {ApplicationID: "geosector", Kind: auth.KindService, UserID: "backend"},
	"stranger": {ApplicationID: "elsewhere", Kind: auth.KindUser, UserID: "stranger"},
}

const visitor = "anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"

// tokens is an Authenticator.
type tokens struct {
	mu     sync.Mutex
	issued map[string]auth.Principal
	check  func(context.Context) error // before answering; nil for none
}

func (a *tokens) Token(ctx context.Context, token string) (auth.Principal, error) {
	a.mu.Lock()
	p, ok := a.issued[token]
	check := a.check
	a.mu.Unlock()
	if check != nil {
		if err := check(ctx); err != nil {
			return p, err // the principal all the same: who ignores the error lets them in
		}
	}
	if !ok {
		return auth.Principal{}, errors.New("no such token")
	}
	return p, nil
}

func (a *tokens) issue(token string, p auth.Principal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issued[token] = p
}

func (a *tokens) setCheck(check func(context.Context) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.check = check
}

// members is a Membership.
type members struct {
	mu    sync.Mutex
	in    map[string]bool
	check func() error
}

func (m *members) MayAccess(_ context.Context, applicationID, subject, conversationID string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.check != nil {
		if err := m.check(); err != nil {
			return true, err // yes all the same: who ignores the error lets them in
		}
	}
	return m.in[applicationID+"/"+subject+"/"+conversationID], nil
}

func (m *members) set(applicationID, subject, conversationID string, in bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.in[applicationID+"/"+subject+"/"+conversationID] = in
}

func (m *members) setCheck(check func() error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.check = check
}

// senders are the Senders: of m1 it is alice, of m2 the visitor.
type senders map[string]string

func (s senders) IsSender(_ context.Context, applicationID, subject, messageID string) (bool, error) {
	if messageID == "m3" {
		return true, errors.New("it is not known") // yes all the same: who ignores the error lets them in
	}
	return applicationID == "geosector" && s[messageID] == subject, nil
}

// world is a running broker with a gateway connected to it. Alice and bob are in the conversation c1.
type world struct {
	*broker.Broker
	t       testing.TB
	tokens  *tokens
	members *members
	metrics *prometheus.Registry
	gateway *party
	patient *wire // the gateway in its place, if any
}

func start(t testing.TB, configure ...func(*broker.Config)) *world {
	t.Helper()
	w := &world{
		t:       t,
		tokens:  &tokens{issued: map[string]auth.Principal{}},
		members: &members{in: map[string]bool{}},
		metrics: prometheus.NewRegistry(),
	}
	for name, p := range people {
		w.tokens.issue(name+"-token", p)
	}
	w.members.set("geosector", "alice", "c1", true)
	w.members.set("geosector", "bob", "c1", true)
	cfg := broker.Config{
		Addr:          "127.0.0.1:0",
		Prefixes:      map[string]string{"geosector": "chat", "resalice": "resalice"},
		Authenticator: w.tokens,
		Membership:    w.members,
		Senders:       senders{"m1": "alice", "m2": visitor},
		Registerer:    w.metrics,
		Logger:        slog.New(slog.DiscardHandler),
		// Tests connect again and again as the same few people; those about rates set their own.
		Limits: broker.Limits{ConnectsPerUser: 100_000, PublishesPerUser: 100_000, Takeovers: 100_000},
	}
	for _, f := range configure {
		f(&cfg)
	}
	b, err := broker.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	w.Broker = b
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	w.gateway = w.connectGateway()
	return w
}

// admits gives somebody a token.
func (w *world) admits(name string) {
	w.tokens.issue(name+"-token", auth.Principal{
		ApplicationID: "geosector", Kind: auth.KindUser, UserID: name, RoleKind: auth.RoleMember,
	})
}

// limited changes the limits of a test's broker.
func limited(set func(*broker.Limits)) func(*broker.Config) {
	return func(c *broker.Config) { set(&c.Limits) }
}

// counted is the value of a counter or gauge; label is "" or a label's value.
func (w *world) counted(name, label string) float64 {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	var sum float64
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			if label == "" || len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == label {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// awaitCounted waits until a counter has the value, for what the broker counts after the client sees it.
func (w *world) awaitCounted(name, label string, want float64) {
	w.t.Helper()
	eventually(w.t, name+" "+label, func() bool { return w.counted(name, label) == want })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// party is a paho client (3.1.1) and what it received.
type party struct {
	paho.Client
	t        testing.TB
	received chan paho.Message
	lost     chan error
}

func (w *world) connectGateway() *party {
	w.t.Helper()
	username, password := w.GatewayCredentials()
	gateway := newParty(w.t, "memory://gateway", "gw-0", username, password, w.inMemory())
	for _, prefix := range []string{"chat", "resalice"} {
		for _, filter := range topic.UplinkFilters(prefix) {
			gateway.subscribes(filter)
		}
	}
	return gateway
}

func (w *world) inMemory() func(*paho.ClientOptions) {
	return func(o *paho.ClientOptions) {
		o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return w.Dial() })
	}
}

// connects is a client of the TCP listener.
func (w *world) connects(subject string, configure ...func(*paho.ClientOptions)) *party {
	w.t.Helper()
	return newParty(w.t, "tcp://"+w.Addr().String(), "device", subject, subject+"-token", configure...)
}

func newParty(t testing.TB, address, clientID, username, password string, configure ...func(*paho.ClientOptions)) *party {
	t.Helper()
	p := &party{t: t, received: make(chan paho.Message, 10_000), lost: make(chan error, 10)}
	o := paho.NewClientOptions().AddBroker(address).SetClientID(clientID).SetUsername(username).SetPassword(password).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { p.received <- m }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { p.lost <- err })
	for _, f := range configure {
		f(o)
	}
	p.Client = paho.NewClient(o)
	if err := wait(p.Connect()); err != nil {
		t.Fatalf("%s connects: %v", username, err)
	}
	t.Cleanup(func() { p.Disconnect(0) })
	return p
}

func wait(token paho.Token) error {
	if !token.WaitTimeout(patience) {
		return errors.New("no answer")
	}
	return token.Error()
}

func (p *party) subject() string {
	r := p.OptionsReader()
	return r.Username()
}

// subscribes fails the test when the broker does not grant the filter.
func (p *party) subscribes(filter string) {
	p.t.Helper()
	if code := p.suback(filter); code > 1 {
		p.t.Fatalf("SUBSCRIBE %s: 0x%02x", filter, code)
	}
}

func (p *party) suback(filter string) byte {
	p.t.Helper()
	token := p.Subscribe(filter, 1, nil)
	_ = wait(token) // paho makes an error of a refusal or not, depending on its version
	granted, ok := token.(*paho.SubscribeToken).Result()[filter]
	if !ok {
		p.t.Fatalf("SUBSCRIBE %s: no answer", filter)
	}
	return granted
}

func (p *party) publishes(name, payload string) {
	p.t.Helper()
	if err := wait(p.Publish(name, 1, false, payload)); err != nil {
		p.t.Fatalf("PUBLISH %s: %v", name, err)
	}
}

// settles waits until what p published is with those it is for. Mochi sends a PUBACK before it hands the message on, and
// a session that is resumed in between goes without it; but it takes the next packet of p only after that.
func (p *party) settles() {
	p.t.Helper()
	p.publishes("chat/user/nobody/messages", "the last of it")
}

// receives fails the test when the next message is another one.
func (p *party) receives(name, payload string) {
	p.t.Helper()
	m := p.next()
	if m.Topic() != name || string(m.Payload()) != payload {
		p.t.Fatalf("received %s %.200s, want %s %.200s", m.Topic(), m.Payload(), name, payload)
	}
}

func (p *party) next() paho.Message {
	p.t.Helper()
	select {
	case m := <-p.received:
		return m
	case <-time.After(patience):
		p.t.Fatal("nothing received")
		return nil
	}
}

// cutOff fails the test when the connection stays.
func (p *party) cutOff() {
	p.t.Helper()
	select {
	case <-p.lost:
	case <-time.After(patience):
		p.t.Fatal("still connected")
	}
}
