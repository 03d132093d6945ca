package servers_test

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/testenv/servers"
)

const patience = 10 * time.Second

var alice = map[string]string{"alice": "a-secret"}

func TestAUserAddedWhileTheBrokerRunsCanConnect(t *testing.T) {
	broker := servers.Mosquitto(t, servers.MosquittoConfig{Users: alice})
	early := connect(t, broker, broker.URL, "alice", "a-secret", nil)
	broker.AddUser("bob", "b-secret")
	connect(t, broker, broker.URL, "bob", "b-secret", nil)
	if !early.IsConnected() {
		t.Error("alice, who was connected, no longer is")
	}
}

func TestTheBrokerListensWithoutTLSWhenAsked(t *testing.T) {
	broker := servers.Mosquitto(t, servers.MosquittoConfig{Users: alice, Plain: true})
	connect(t, broker, broker.PlainURL, "alice", "a-secret", nil)
}

func TestTheBrokerUsesAnotherAccessControlListWhenGiven(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(file, []byte("pattern readwrite echo/%u\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broker := servers.Mosquitto(t, servers.MosquittoConfig{Users: alice, ACLFile: file})
	received := make(chan string, 1)
	client := connect(t, broker, broker.URL, "alice", "a-secret", nil)
	subscribe(t, client, "echo/alice", received)
	publish(t, client, "echo/alice", "hello")
	wantReceived(t, received, "hello")
}

func TestASessionOutlivesAnOrderlyStop(t *testing.T) {
	broker := servers.Mosquitto(t, servers.MosquittoConfig{Users: alice})
	const topic = "chat/user/alice/messages"
	received := make(chan string, 10)
	persistent := func(o *paho.ClientOptions) {
		o.SetCleanSession(false).SetClientID("the phone of alice")
		o.SetDefaultPublishHandler(func(_ paho.Client, message paho.Message) { received <- string(message.Payload()) })
	}
	phone := connect(t, broker, broker.URL, "alice", "a-secret", persistent)
	subscribe(t, phone, topic, received)
	phone.Disconnect(100)
	gateway := connect(t, broker, broker.URL, broker.GatewayUser, broker.GatewayPassword, nil)
	publish(t, gateway, topic, "while you were away")

	broker.Stop()
	broker.Start()
	connect(t, broker, broker.URL, "alice", "a-secret", persistent)
	wantReceived(t, received, "while you were away")
}

func TestAKilledBrokerServesAgainOnceStarted(t *testing.T) {
	broker := servers.Mosquitto(t, servers.MosquittoConfig{Users: alice})
	lost := make(chan error, 1)
	connect(t, broker, broker.URL, "alice", "a-secret", func(o *paho.ClientOptions) {
		o.SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	})
	broker.Kill()
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("alice is still connected to a killed broker")
	}
	broker.Start()
	connect(t, broker, broker.URL, "alice", "a-secret", nil)
}

func connect(
	t *testing.T, broker *servers.MosquittoServer, url, user, password string, change func(*paho.ClientOptions),
) paho.Client {
	t.Helper()
	options := paho.NewClientOptions().SetProtocolVersion(4).
		AddBroker(url).SetTLSConfig(&tls.Config{RootCAs: broker.CA}).
		SetUsername(user).SetPassword(password).SetAutoReconnect(false)
	if change != nil {
		change(options)
	}
	client := paho.NewClient(options)
	if err := await(client.Connect()); err != nil {
		t.Fatalf("%s connects: %v", user, err)
	}
	t.Cleanup(func() { client.Disconnect(0) })
	return client
}

func subscribe(t *testing.T, client paho.Client, topic string, received chan<- string) {
	t.Helper()
	deliver := func(_ paho.Client, message paho.Message) { received <- string(message.Payload()) }
	if err := await(client.Subscribe(topic, 1, deliver)); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, client paho.Client, topic, payload string) {
	t.Helper()
	if err := await(client.Publish(topic, 1, false, payload)); err != nil {
		t.Fatal(err)
	}
}

func wantReceived(t *testing.T, received <-chan string, want string) {
	t.Helper()
	select {
	case got := <-received:
		if got != want {
			t.Fatalf("received %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("received nothing, want %q", want)
	}
}

func await(token paho.Token) error {
	if !token.WaitTimeout(patience) {
		return errors.New("no answer from the broker")
	}
	return token.Error()
}
