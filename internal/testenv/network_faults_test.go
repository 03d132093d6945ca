package testenv_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// noticed is how long it may take until somebody notices that a network swallows everything; on a busy machine.
const noticed = 20 * time.Second

// The gateways run in a process of their own, and reach the services over a network that fails in every way it can. alice
// talks to the services directly and notices nothing.
func TestTheNetworkBetweenGatewaysAndServices(t *testing.T) {
	t.Parallel()
	c := testenv.Config(t)
	c.Run = []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat}
	c.PeerSecret = "test-peer-secret-0123456789-0123456789"
	services := testenv.StartProcess(t, c)
	network := servers.Proxy(t, services.GRPC)
	c.Run = []app.Role{app.RoleMQTT, app.RoleHTTP}
	c.DataDir = t.TempDir()
	c.Services = map[app.Role]string{
		app.RoleModeration: network.Addr, app.RoleAudience: network.Addr, app.RoleChat: network.Addr,
	}
	env := testenv.StartProcess(t, c).Env()
	env.GRPC = services.GRPC
	l := startLoad(t, env)

	network.Cut()
	isNotReady(t, env)
	isToldToComeBack(t, env)
	network.Heal()
	l.recovers()

	broken := metric(t, env, "palabre_mqtt_retries_total")
	network.BlackHole()
	within(t, noticed, "the gateway opens its streams anew", func() bool {
		return metric(t, env, "palabre_mqtt_retries_total") > broken
	})
	isNotReady(t, env)
	isToldToComeBack(t, env)
	network.Heal()
	l.recovers()

	network.Slow(20 * time.Millisecond)
	l.moves()
	network.Heal() // or carol, whose messages go one after the other, would be at it for long
	l.ends()
	if l.refusals() > 0 {
		t.Errorf("alice was told to try again %v times", l.refusals())
	}
}

func TestTheNetworkBetweenServicesAndTheDatabase(t *testing.T) {
	t.Parallel()
	c := testenv.Config(t)
	var network *servers.NetworkProxy
	c.Database.URL, network = through(t, servers.Postgres(t))
	env := testenv.StartProcess(t, c).Env()
	l := startLoad(t, env)

	network.Cut()
	isNotReady(t, env)
	network.Heal()
	l.recovers()

	network.BlackHole()
	isNotReady(t, env)
	l.isRefused()
	network.Heal()
	l.recovers()

	l.ends()
}

// What people publish meanwhile stays with the broker, which is not told that it arrived.
func TestTheNetworkBetweenGatewayAndBroker(t *testing.T) {
	t.Parallel()
	c := testenv.Config(t)
	complete := testenv.WithMosquitto(t, &c)
	var network *servers.NetworkProxy
	c.Broker.URL, network = through(t, c.Broker.URL)
	env := testenv.StartProcess(t, c).Env()
	complete(env)
	l := startLoad(t, env)

	network.Cut()
	isNotReady(t, env)
	network.Heal()
	l.recovers()

	network.BlackHole()
	within(t, noticed, "the gateway gives the connection up", func() bool {
		return env.Call(t, http.MethodGet, "/readyz", nil, nil).Status == http.StatusServiceUnavailable
	})
	network.Heal()
	l.recovers()

	network.Slow(20 * time.Millisecond)
	l.moves()
	network.Heal() // or carol, whose messages go one after the other, would be at it for long
	l.ends()
	if l.refusals() > 0 {
		t.Errorf("alice was told to try again %v times", l.refusals())
	}
}

// through puts a proxy between whoever is given the URL that it answers and the server that a URL names.
func through(t *testing.T, server string) (string, *servers.NetworkProxy) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	network := servers.Proxy(t, u.Host)
	u.Host = network.Addr
	return u.String(), network
}

// within waits for something that takes a while.
func within(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	began := time.Now()
	for !is() {
		if time.Since(began) > limit {
			t.Fatalf("after %v it is not so that %s", limit, what)
		}
	}
	t.Logf("%s after %v", what, time.Since(began).Round(time.Millisecond))
}

// isToldToComeBack makes a call over REST while something behind it is missing.
func isToldToComeBack(t *testing.T, env *testenv.Env) {
	t.Helper()
	answer := env.NewPerson(t, "dave").Calls(http.MethodGet, "/api/chat/conversations", nil)
	if answer.Status != http.StatusServiceUnavailable || answer.Reason(t) != "UNAVAILABLE" || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a list is answered HTTP %d: %s", answer.Status, answer.Body)
	}
}
