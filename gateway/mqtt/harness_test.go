package mqttgw_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// They wait on for ten seconds when the connection is lost just then.
		goleak.IgnoreAnyFunction("github.com/eclipse/paho%2emqtt%2egolang.(*client).Publish"),
		goleak.IgnoreAnyFunction("github.com/eclipse/paho%2emqtt%2egolang.(*client).SubscribeMultiple"))
}

const (
	// patience is how long a test waits for what must happen. Nothing waits it out when all is well.
	patience = 5 * time.Second

	// The conversations of the tests.
	group = "0197d2a8-0000-7000-8000-00000000000a"
	pair  = "0197d2a8-0000-7000-8000-00000000000b"

	visitor = "anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"
)

func quiet() *slog.Logger {
	if testing.Verbose() && os.Getenv("LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

// tokens verify by convention: "alice@geosector" is the token of alice.
type tokens struct{}

func (tokens) Token(_ context.Context, token string) (auth.Principal, error) {
	user, application, ok := strings.Cut(token, "@")
	if !ok {
		return auth.Principal{}, auth.ErrBadToken
	}
	p := auth.Principal{ApplicationID: application, Kind: auth.KindUser, UserID: user, Name: "Name of " + user}
	if id, isVisitor := strings.CutPrefix(user, "anon:"); isVisitor {
		p.Kind, p.UserID = auth.KindVisitor, id
	}
	return p, nil
}

// world is a gateway between an embedded broker and a ChatService.
type world struct {
	t          testing.TB
	chat       *chatService
	client     chatv1.ChatServiceClient
	membership *mqttgw.Membership
	presence   *mqttgw.Presence
	metrics    *prometheus.Registry
	configure  []func(*mqttgw.Config)
	gateway    *mqttgw.Gateway
	stop       func()
	removed    chan string
	broker     *broker.Broker

	mu    sync.Mutex
	wires []*wire
}

// start makes a world in which the gateway is ready.
func start(t testing.TB, configure ...func(*mqttgw.Config)) *world {
	t.Helper()
	return startOn(t, newChatService(), configure...)
}

// startOn is start on a service that others may use too.
func startOn(t testing.TB, chat *chatService, configure ...func(*mqttgw.Config)) *world {
	t.Helper()
	w := &world{t: t, chat: chat, configure: configure, removed: make(chan string, 100)}
	w.client = w.chat.client(t)
	w.membership = mqttgw.NewMembership(mqttgw.MembershipConfig{Chat: w.client, Logger: quiet()})
	w.presence = mqttgw.NewPresence(mqttgw.PresenceConfig{
		Chat: w.client, SeesConnections: true, Process: "here", ConnectionTime: 60 * time.Millisecond, Logger: quiet(),
	})
	w.chat.setMembers(group, "alice", "bob", "carol")
	w.chat.setMembers(pair, "alice", "bob")
	w.startBroker()
	w.startGateway()
	return w
}

func (w *world) startBroker() {
	w.t.Helper()
	var err error
	w.broker, err = broker.New(broker.Config{
		Addr: "127.0.0.1:0", Prefixes: map[string]string{"geosector": "chat", "resalice": "resalice"},
		Authenticator: tokens{}, Membership: w.membership, OnConnection: w.presence.Connection, Logger: quiet(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.broker.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.broker.Close(ctx); err != nil {
			w.t.Errorf("stop the broker: %v", err)
		}
	})
}

// startGateway starts a gateway, and waits until it is ready.
func (w *world) startGateway() {
	w.t.Helper()
	w.gateway = w.newGateway()
	w.stop = run(w.t, w.gateway)
	w.awaitReady()
}

func (w *world) newGateway() *mqttgw.Gateway {
	w.t.Helper()
	w.metrics = prometheus.NewRegistry()
	username, password := w.broker.GatewayCredentials()
	config := mqttgw.Config{
		Applications: map[string]mqttgw.Application{"geosector": {Prefix: "chat"}, "resalice": {Prefix: "resalice"}},
		Chat:         w.client,
		Verifier:     tokens{},
		Membership:   w.membership,
		Presence:     w.presence,
		Broker:       mqttgw.BrokerConfig{Username: username, Password: password, Dial: w.dial, ChecksMembership: true},
		OnMembershipRemoved: func(application, subject, conversation string) {
			w.broker.Revoke(application, subject, conversation)
			w.removed <- application + " " + subject + " " + conversation
		},
		Limits: mqttgw.Limits{
			RetryAfter: time.Millisecond, MaxRetryAfter: 20 * time.Millisecond,
			AcknowledgeEvery: 5 * time.Millisecond, Drain: time.Second,
		},
		Logger:     quiet(),
		Registerer: w.metrics,
	}
	for _, f := range w.configure {
		f(&config)
	}
	gateway, err := mqttgw.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return gateway
}

// run runs a gateway until the test ends, or the function it answers is called.
func run(t testing.TB, gateway *mqttgw.Gateway) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- gateway.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func (w *world) awaitReady() {
	w.t.Helper()
	eventually(w.t, "ready", func() bool { return w.gateway.Ready() == nil })
}

// wire is the connection between gateway and broker.
type wire struct {
	net.Conn
	mu     sync.Mutex
	held   bool          // nothing reaches the gateway any more
	closed chan struct{} // closed by Close
	once   sync.Once
}

// dial connects the gateway by a wire that can break.
func (w *world) dial() (net.Conn, error) {
	conn, err := w.broker.Dial()
	if err != nil {
		return nil, err
	}
	line := &wire{Conn: conn, closed: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wires = append(w.wires, line)
	return line, nil
}

// Read turns the end of the connection into what a network would say: paho takes the local one for its own doing.
func (l *wire) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if l.isHeld() {
		<-l.closed
		return 0, io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (l *wire) isHeld() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

func (l *wire) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Conn.Close()
}

// wire answers the present connection.
func (w *world) wire() *wire {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wires[len(w.wires)-1]
}

// hold keeps what the broker sends from the gateway, for ever. The function it answers cuts the connection.
func (l *wire) hold() (breaks func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = true
	return func() { _ = l.Close() }
}

// breaks cuts the connection.
func (l *wire) breaks() { l.hold()() }

// person is a user's device.
type person struct {
	paho.Client
	t        testing.TB
	id       string
	received chan paho.Message
}

func (w *world) connects(id string) *person {
	w.t.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + w.broker.Addr().String()).
		SetUsername(id).SetPassword(id + "@geosector")
	return newPerson(w.t, id, o, "chat/user/"+id+"/messages", "chat/user/"+id+"/acks")
}

// outsider is a client who may publish what it likes, as on a broker that lets everyone.
func (w *world) outsider() *person {
	w.t.Helper()
	username, password := w.broker.GatewayCredentials()
	o := paho.NewClientOptions().AddBroker("memory://broker").SetUsername(username).SetPassword(password).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return w.broker.Dial() })
	return newPerson(w.t, "outsider", o)
}

func newPerson(t testing.TB, id string, o *paho.ClientOptions, filters ...string) *person {
	t.Helper()
	p := &person{t: t, id: id, received: make(chan paho.Message, 10_000)}
	o.SetClientID("device-of-" + id).SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { p.received <- m })
	p.Client = paho.NewClient(o)
	p.wait(p.Connect())
	t.Cleanup(func() { p.Disconnect(10) })
	for _, f := range filters {
		p.subscribes(f)
	}
	return p
}

func (p *person) wait(token paho.Token) {
	p.t.Helper()
	if !token.WaitTimeout(patience) {
		p.t.Fatalf("%s: the broker does not answer", p.id)
	}
	if err := token.Error(); err != nil {
		p.t.Fatalf("%s: %v", p.id, err)
	}
}

func (p *person) subscribes(filter string) {
	p.t.Helper()
	token := p.Subscribe(filter, 1, nil)
	p.wait(token)
	if code := token.(*paho.SubscribeToken).Result()[filter]; code > 1 {
		p.t.Fatalf("%s may not subscribe to %s: 0x%02x", p.id, filter, code)
	}
}

// says publishes on one of the person's own topics.
func (p *person) says(verb string, payload any) {
	p.t.Helper()
	p.publishes("chat/user/"+p.id+"/"+verb, payload)
}

// publishes does not wait for the PUBACK, which comes when the gateway has settled what was published.
func (p *person) publishes(topic string, payload any) {
	p.t.Helper()
	if err := failed(p.Publish(topic, 1, false, text(p.t, payload))); err != nil {
		p.t.Fatalf("%s: %v", p.id, err)
	}
}

func failed(token paho.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	default:
		return nil
	}
}

func text(t testing.TB, payload any) []byte {
	t.Helper()
	switch v := payload.(type) {
	case string:
		return []byte(v)
	case []byte:
		return v
	}
	out, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// hears waits for the next publish on a topic, passing over others.
func (p *person) hears(topic string, into proto.Message) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.received:
			if m.Topic() != topic {
				continue
			}
			if err := protojson.Unmarshal(m.Payload(), into); err != nil {
				p.t.Fatalf("%s: %v in %s", p.id, err, m.Payload())
			}
			return
		case <-deadline:
			p.t.Fatalf("%s hears nothing on %s", p.id, topic)
		}
	}
}

func (p *person) ack() *chatv1.SendAck {
	p.t.Helper()
	ack := new(chatv1.SendAck)
	p.hears("chat/user/"+p.id+"/acks", ack)
	return ack
}

func decoded(t testing.TB, payload []byte) *chatv1.Event {
	t.Helper()
	e := new(chatv1.Event)
	if err := protojson.Unmarshal(payload, e); err != nil {
		t.Fatalf("%v in %s", err, payload)
	}
	return e
}

func (p *person) event() *chatv1.Event {
	p.t.Helper()
	e := new(chatv1.Event)
	p.hears("chat/user/"+p.id+"/messages", e)
	return e
}

// message is a payload of send.
func message(id, content string) map[string]any {
	return map[string]any{"conversationId": pair, "content": content, "clientMessageId": id}
}

// counted is the sum of the counters and gauges of a name, with a label's value if one is given.
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
			matches := label == ""
			for _, l := range m.GetLabel() {
				matches = matches || l.GetValue() == label
			}
			if matches {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		<-time.After(time.Millisecond)
	}
}
