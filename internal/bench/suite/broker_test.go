package suite_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
	"github.com/palabre/palabre/internal/testenv"
)

// bareBroker is the embedded broker with nothing behind it: everybody is who they say, and a member of everything.
type bareBroker struct {
	*broker.Broker
	t *testing.T
}

// Token takes the password for the user's name.
func (bareBroker) Token(_ context.Context, token string) (auth.Principal, error) {
	return auth.Principal{ApplicationID: testenv.App, Kind: auth.KindUser, UserID: token, RoleKind: auth.RoleMember}, nil
}

// MayAccess says yes.
func (bareBroker) MayAccess(context.Context, string, string, string) (bool, error) { return true, nil }

func startBroker(t *testing.T) *bareBroker {
	t.Helper()
	b, err := broker.New(broker.Config{
		Addr: "127.0.0.1:0", Prefixes: map[string]string{testenv.App: "chat"},
		Authenticator: bareBroker{}, Membership: bareBroker{}, Logger: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		err = b.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testenv.Patience)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return &bareBroker{b, t}
}

// person is a client over TCP, with what it hears.
func (b *bareBroker) person(id string, hear func(payload []byte), listens ...string) paho.Client {
	b.t.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + b.Addr().String()).SetUsername(id).SetPassword(id)
	return b.connect(o, id, hear, listens)
}

// gateway is a client in memory, as Palabre's gateway is, that listens to sends.
func (b *bareBroker) gateway(hear func(payload []byte)) paho.Client {
	b.t.Helper()
	username, password := b.GatewayCredentials()
	o := paho.NewClientOptions().AddBroker("memory://gateway").SetUsername(username).SetPassword(password).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return b.Dial() })
	return b.connect(o, "gateway", hear, topic.UplinkFilters("chat")[:1])
}

func (b *bareBroker) connect(o *paho.ClientOptions, id string, hear func([]byte), listens []string) paho.Client {
	b.t.Helper()
	client := paho.NewClient(o.SetClientID(id).SetProtocolVersion(4).SetAutoReconnect(false))
	b.must(client.Connect())
	b.t.Cleanup(func() { client.Disconnect(0) })
	for _, name := range listens {
		b.must(client.Subscribe(name, 1, func(_ paho.Client, m paho.Message) { hear(m.Payload()) }))
	}
	return client
}

func (b *bareBroker) must(token paho.Token) {
	b.t.Helper()
	err := errors.New("no answer from the broker")
	if token.WaitTimeout(testenv.Patience) {
		err = token.Error()
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
