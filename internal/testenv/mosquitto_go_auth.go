package testenv

import (
	"crypto/rand"
	"testing"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// WithMosquittoGoAuth makes a configuration use a real Mosquitto that asks Palabre over HTTP, set up as
// deploy/mosquitto-go-auth says but for the settings given. The function it answers completes the Env of the app that was
// started with it. It skips the test where the plugin is not installed.
func WithMosquittoGoAuth(t testing.TB, c *app.Config, settings map[string]string) (complete func(*Env), broker *servers.MosquittoServer) {
	t.Helper()
	c.HTTP.Addr = servers.FreeAddress(t)
	c.MQTTAuth.Secret = rand.Text()
	broker = servers.MosquittoGoAuth(t, servers.GoAuthConfig{
		HTTP: c.HTTP.Addr, Secret: c.MQTTAuth.Secret, Application: App, Settings: settings,
	})
	c.Broker = app.Broker{
		URL: broker.URL, Username: broker.GatewayUser, Password: broker.GatewayPassword, CAFile: broker.CAFile,
		GroupDelivery: "both",
	}
	return func(env *Env) {
		env.MQTT, env.TLS, env.ConversationTopics = broker.URL, trust(broker.CA), true
	}, broker
}
