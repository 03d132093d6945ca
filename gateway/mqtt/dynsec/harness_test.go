package dynsec_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/gateway/mqtt/dynsec"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/testenv/servers"
)

const (
	patience = 10 * time.Second
	secret   = "a-secret-of-the-deployment-0123456789"
)

var (
	alice = dynsec.Name{ApplicationID: "geosector", Subject: "alice"}
	bob   = dynsec.Name{ApplicationID: "geosector", Subject: "bob"}
	zoe   = dynsec.Name{ApplicationID: "geosector", Subject: "anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"}
)

// world is a Mosquitto, and what it should know.
type world struct {
	t         testing.TB
	mosquitto *servers.MosquittoServer
	now       time.Time
	secret    string
	wanted    map[dynsec.Name]*dynsec.Account
	broker    *dynsec.Broker
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, mosquitto: servers.Mosquitto(t, servers.MosquittoConfig{DynamicSecurity: true}),
		now: time.Unix(1_800_000_000, 0), secret: secret, wanted: map[dynsec.Name]*dynsec.Account{},
	}
	w.begins()
	return w
}

// begins begins again as a gateway does that was started: it knows nothing of what the broker has.
func (w *world) begins() {
	w.t.Helper()
	w.broker = dynsec.NewBroker(dynsec.Config{
		Options: func() (*paho.ClientOptions, error) {
			return w.options(w.mosquitto.GatewayUser, w.mosquitto.GatewayPassword), nil
		},
		Gateway: w.mosquitto.GatewayUser, Prefixes: map[string]string{"geosector": "chat", "resalice": "resalice"},
		Passwords: w.passwords(), Now: func() time.Time { return w.now }, Logger: slog.New(slog.DiscardHandler),
	})
	w.t.Cleanup(w.broker.Close)
}

func (w *world) passwords() *auth.MQTTPasswords {
	w.t.Helper()
	passwords, err := auth.NewMQTTPasswords([]byte(w.secret))
	if err != nil {
		w.t.Fatal(err)
	}
	return passwords
}

func (w *world) options(user, password string) *paho.ClientOptions {
	return paho.NewClientOptions().SetProtocolVersion(4).AddBroker(w.mosquitto.URL).SetTLSConfig(&tls.Config{RootCAs: w.mosquitto.CA}).
		SetClientID(rand.Text()).SetUsername(user).SetPassword(password).SetAutoReconnect(false)
}

// is says in which conversations a user takes part, and has the broker go by it.
func (w *world) is(n dynsec.Name, conversations ...string) {
	w.t.Helper()
	w.wanted[n] = &dynsec.Account{Prefix: "chat", Conversations: map[string]struct{}{}}
	for _, c := range conversations {
		w.wanted[n].Conversations[c] = struct{}{}
	}
	w.brings(n)
}

// brings tries until the broker goes by it: the first time, it disconnects the gateway because that may do more from then on.
func (w *world) brings(changed ...dynsec.Name) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for {
		var err error
		if !w.broker.Connected() {
			err = w.broker.Connect(ctx)
			changed = append(slices.Collect(maps.Keys(w.wanted)), changed...)
			if err == nil {
				changed = append(changed, w.broker.Names()...)
			}
		}
		if err == nil {
			err = w.broker.Bring(ctx, w.wanted, changed)
		}
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			w.t.Fatal(err)
		}
	}
}

// person is a user with a device that is connected.
type person struct {
	t        testing.TB
	name     dynsec.Name
	client   paho.Client
	received chan paho.Message
	lost     chan error
}

// connects connects a user with what they are given now.
func (w *world) connects(n dynsec.Name) *person {
	w.t.Helper()
	p, err := w.tries(n, w.account(n))
	if err != nil {
		w.t.Fatalf("%s connects: %v", n.Subject, err)
	}
	return p
}

func (w *world) account(n dynsec.Name) auth.MQTTAccount {
	return w.passwords().Account(n.ApplicationID, n.Subject, w.now)
}

// tries connects with an account, if the broker lets it in.
func (w *world) tries(n dynsec.Name, a auth.MQTTAccount) (*person, error) {
	w.t.Helper()
	p := &person{t: w.t, name: n, received: make(chan paho.Message, 100), lost: make(chan error, 1)}
	options := w.options(a.Username(), w.passwords().Password(a)).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { p.received <- m }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { p.lost <- err })
	p.client = paho.NewClient(options)
	w.t.Cleanup(func() { p.client.Disconnect(0) })
	token := p.client.Connect()
	if !token.WaitTimeout(patience) {
		return nil, fmt.Errorf("no answer to CONNECT")
	}
	return p, token.Error()
}

func (p *person) mayListen(filter string) bool {
	p.t.Helper()
	token := p.client.Subscribe(filter, 1, nil).(*paho.SubscribeToken)
	if !token.WaitTimeout(patience) {
		p.t.Fatalf("%s: no answer to the subscription to %s", p.name.Subject, filter)
	}
	return token.Error() == nil && token.Result()[filter] <= 2
}

func (p *person) publishes(topic, payload string) {
	p.t.Helper()
	if token := p.client.Publish(topic, 1, false, payload); !token.WaitTimeout(patience) || token.Error() != nil {
		p.t.Fatalf("%s publishes on %s: %v", p.name.Subject, topic, token.Error())
	}
}

// hears fails unless what comes next is this.
func (p *person) hears(topic, payload string) {
	p.t.Helper()
	select {
	case m := <-p.received:
		if m.Topic() != topic || string(m.Payload()) != payload {
			p.t.Fatalf("%s hears %s on %s, want %s on %s", p.name.Subject, m.Payload(), m.Topic(), payload, topic)
		}
	case <-time.After(patience):
		p.t.Fatalf("%s hears nothing, want %s on %s", p.name.Subject, payload, topic)
	}
}

func (p *person) isSentAway() {
	p.t.Helper()
	select {
	case <-p.lost:
	case <-time.After(patience):
		p.t.Fatalf("%s is still connected", p.name.Subject)
	}
}

// gateway is a connection of the gateway's own.
func (w *world) gateway() *person {
	w.t.Helper()
	p := &person{t: w.t, name: dynsec.Name{Subject: "the gateway"}, received: make(chan paho.Message, 100)}
	p.client = paho.NewClient(w.options(w.mosquitto.GatewayUser, w.mosquitto.GatewayPassword).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { p.received <- m }))
	w.t.Cleanup(func() { p.client.Disconnect(0) })
	if token := p.client.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		w.t.Fatalf("the gateway connects: %v", token.Error())
	}
	return p
}

func (w *world) letIn(options *paho.ClientOptions) bool {
	client := paho.NewClient(options)
	defer client.Disconnect(0)
	token := client.Connect()
	return token.WaitTimeout(patience) && token.Error() == nil
}
