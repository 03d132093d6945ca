package testenv

import (
	"path/filepath"
	"runtime"
	"testing"

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

// Root is the checkout's directory.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../..")
}
