package testenv

import (
	"testing"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// WithNATS makes a configuration use a cluster of three real NATS nodes, set up as deploy/nats says. The function it answers
// completes the Env of the app that was started with it.
func WithNATS(t testing.TB, c *app.Config) (cluster *servers.NATSCluster, complete func(*Env)) {
	t.Helper()
	cluster = servers.NATS(t)
	c.Broker = app.Broker{
		URL:      cluster.URL,
		Username: cluster.GatewayUser,
		Password: cluster.GatewayPassword,
		CAFile:   cluster.CAFile,
	}
	return cluster, func(env *Env) {
		env.MQTT = cluster.URL
		env.TLS = trust(cluster.CA)
		env.SubscribesAt0, env.SessionsEnd = true, true
		known := map[string]bool{}
		env.Password = func(t testing.TB, user, _ string) string {
			t.Helper()
			password := "password-of-" + user
			if !known[user] {
				cluster.AddUser(user, password)
				known[user] = true
			}
			return password
		}
	}
}
