package testenv

import (
	"net/http"
	"path/filepath"
	"runtime"
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// WithMosquitto makes a configuration use a real Mosquitto, set up as deploy/mosquitto says: TLS, password file, ACL file.
// The function it answers completes the Env of the app that was started with it.
func WithMosquitto(t testing.TB, c *app.Config) (complete func(*Env)) {
	t.Helper()
	broker := servers.Mosquitto(t, servers.MosquittoConfig{})
	c.Broker = app.Broker{
		URL:      broker.URL,
		Username: broker.GatewayUser,
		Password: broker.GatewayPassword,
		CAFile:   broker.CAFile,
	}
	return func(env *Env) {
		env.MQTT = broker.URL
		env.TLS = trust(broker.CA)
		env.ConversationTopics = false
		known := map[string]bool{}
		env.Password = func(t testing.TB, user, _ string) string {
			t.Helper()
			password := "password-of-" + user
			if !known[user] {
				broker.AddUser(user, password)
				known[user] = true
			}
			return password
		}
	}
}

// WithDynamicSecurity makes a configuration use a real Mosquitto whose accounts the gateway keeps. The function it answers
// completes the Env of the app that was started with it.
func WithDynamicSecurity(t testing.TB, c *app.Config) (*servers.MosquittoServer, func(*Env)) {
	t.Helper()
	broker := servers.Mosquitto(t, servers.MosquittoConfig{DynamicSecurity: true})
	c.Broker = app.Broker{
		URL:             broker.URL,
		Username:        broker.GatewayUser,
		Password:        broker.GatewayPassword,
		CAFile:          broker.CAFile,
		DynamicSecurity: true,
		GroupDelivery:   "both",
	}
	return broker, func(env *Env) {
		env.MQTT = broker.URL
		env.TLS = trust(broker.CA)
		env.ConversationTopics, env.ToldOfUsers = true, true
		env.Username = func(t testing.TB, _, token string) string { return env.mqttCredentials(t, token).GetUsername() }
		env.Password = func(t testing.TB, _, token string) string { return env.mqttCredentials(t, token).GetPassword() }
	}
}

// mqttCredentials are those that the bearer of a token is given.
func (e *Env) mqttCredentials(t testing.TB, token string) *chatv1.MqttCredentials {
	t.Helper()
	c := new(chatv1.MqttCredentials)
	e.Call(t, http.MethodPost, "/api/chat/mqtt/credentials", struct{}{}, http.Header{"Authorization": {"Bearer " + token}}).Into(t, c)
	return c
}

// Root is the checkout's directory.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../..")
}
