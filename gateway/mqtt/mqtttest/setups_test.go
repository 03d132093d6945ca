package mqtttest_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/palabre/palabre/gateway/mqtt/mqtttest"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// setups are the brokers that everything here is tried on. A broker more is a row more.
var setups = []struct {
	name string
	new  func(t *testing.T, database string) mqtttest.Setup
}{
	{"embedded broker", onEmbedded},
	{"Mosquitto", onMosquitto},
	{"Mosquitto with dynamic security", onDynamicSecurity},
	{"NATS", onNATS},
}

// onEmbedded is a process with gateway and embedded broker, and one with the services behind a network.
func onEmbedded(t *testing.T, database string) mqtttest.Setup {
	c, services, network := startServices(t, database)
	gateway := testenv.StartProcess(t, c)
	s := newSetup(t, "embedded broker", services, gateway)
	s.URL = "tcp://" + gateway.MQTT
	s.Password = s.Token
	s.Broker = mqtttest.Capabilities{
		ChecksMembership: true, BindsSender: true, SeesConnections: true, RefusesFilters: true, SettlesBeforePuback: true,
		SubscribeQoS: 1,
	}
	s.Faults = mqtttest.Faults{Gateways: []mqtttest.Process{gateway}, ToService: network}
	return s
}

// onMosquitto is two gateways that share a Mosquitto with the configuration that we ship, each part behind a network.
func onMosquitto(t *testing.T, database string) mqtttest.Setup {
	passwords := passwords()
	broker := servers.Mosquitto(t, servers.MosquittoConfig{
		Users: passwords, Settings: map[string]string{"retain_available": "true"},
	})
	c, services, network := startServices(t, database)
	toBroker := servers.Proxy(t, hostOf(t, broker.URL))
	c.Broker = app.Broker{
		URL: "tls://" + toBroker.Addr, Username: broker.GatewayUser, Password: broker.GatewayPassword, CAFile: broker.CAFile,
	}
	active := testenv.StartProcess(t, c)
	c.DataDir = t.TempDir()
	standby := testenv.StartProcess(t, c)
	s := newSetup(t, "Mosquitto 2, TLS, password and ACL file", services, active, standby)
	s.URL, s.TLS = broker.URL, &tls.Config{RootCAs: broker.CA, MinVersion: tls.VersionTLS12}
	s.Password = func(_ testing.TB, user string) string { return passwords[user] }
	s.Broker = mqtttest.Capabilities{KeepsRetained: true, TakesQoS2: true, Unacknowledged: 256, SubscribeQoS: 1}
	s.Faults = mqtttest.Faults{
		Gateways: []mqtttest.Process{active, standby}, Broker: broker, ToService: network, ToBroker: toBroker,
	}
	return s
}

// onDynamicSecurity is two gateways that share a Mosquitto in which they keep the accounts of users, each part behind a network.
func onDynamicSecurity(t *testing.T, database string) mqtttest.Setup {
	broker := servers.Mosquitto(t, servers.MosquittoConfig{
		DynamicSecurity: true, Settings: map[string]string{"retain_available": "true"},
	})
	toBroker := servers.Proxy(t, hostOf(t, broker.URL))
	c, services, network := startServices(t, database, func(c *app.Config) {
		c.Broker = app.Broker{
			URL: "tls://" + toBroker.Addr, Username: broker.GatewayUser, Password: broker.GatewayPassword, CAFile: broker.CAFile,
			DynamicSecurity: true, GroupDelivery: "both",
		}
	})
	active := testenv.StartProcess(t, c)
	c.DataDir = t.TempDir()
	standby := testenv.StartProcess(t, c)
	s := newSetup(t, "Mosquitto 2, TLS, dynamic security", services, active, standby)
	s.URL, s.TLS = broker.URL, &tls.Config{RootCAs: broker.CA, MinVersion: tls.VersionTLS12}
	given := map[string]*chatv1.MqttCredentials{}
	for user := range passwords() {
		credentials, err := s.Chat.IssueMqttCredentials(s.As(t, user), &chatv1.IssueMqttCredentialsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		given[user] = credentials
	}
	s.Account = func(user string) string { return given[user].GetUsername() }
	s.Password = func(_ testing.TB, user string) string { return given[user].GetPassword() }
	s.Broker = mqtttest.Capabilities{
		ChecksMembership: true, RefusesFilters: true, KeepsRetained: true, TakesQoS2: true, Unacknowledged: 256, SubscribeQoS: 1,
	}
	s.Faults = mqtttest.Faults{
		Gateways: []mqtttest.Process{active, standby}, Broker: broker, ToService: network, ToBroker: toBroker,
	}
	for user := range given {
		mqtttest.AwaitAccount(t, s, user)
	}
	return s
}

// onNATS is two gateways that share a cluster of three nodes with the configuration that we ship. When it is killed, all of it
// is: that it survives the loss of one node is tested in internal/testenv.
func onNATS(t *testing.T, database string) mqtttest.Setup {
	cluster := servers.NATS(t)
	passwords := passwords()
	cluster.AddUsers(passwords)
	c, services, network := startServices(t, database)
	toBroker := servers.Proxy(t, hostOf(t, cluster.URL))
	c.Broker = app.Broker{
		URL: "tls://" + toBroker.Addr, Username: cluster.GatewayUser, Password: cluster.GatewayPassword, CAFile: cluster.CAFile,
	}
	active := testenv.StartProcess(t, c)
	c.DataDir = t.TempDir()
	standby := testenv.StartProcess(t, c)
	s := newSetup(t, "NATS 2, three nodes, TLS", services, active, standby)
	s.URL, s.TLS = cluster.URL, &tls.Config{RootCAs: cluster.CA, MinVersion: tls.VersionTLS12}
	s.Password = func(_ testing.TB, user string) string { return passwords[user] }
	s.Broker = mqtttest.Capabilities{KeepsRetained: true, RefusesFilters: true, SubscribeQoS: 0}
	s.Faults = mqtttest.Faults{
		Gateways: []mqtttest.Process{active, standby}, Broker: wholeCluster{cluster}, ToService: network, ToBroker: toBroker,
	}
	return s
}

// wholeCluster is a cluster, as a broker that may be killed.
type wholeCluster struct{ *servers.NATSCluster }

func (c wholeCluster) Kill()  { c.KillAll() }
func (c wholeCluster) Start() { c.StartAll() }

// passwords are those of everybody there is, for a broker that has to know them.
func passwords() map[string]string {
	all := map[string]string{}
	for _, user := range append(mqtttest.People(tortured), mqtttest.Cast()...) {
		all[user] = rand.Text()
	}
	return all
}

// startServices runs the services, and answers with what a gateway is configured that reaches them over a network.
func startServices(t *testing.T, database string, set ...func(*app.Config)) (app.Config, *testenv.Process, *servers.NetworkProxy) {
	t.Helper()
	c := testenv.Config(t)
	for _, f := range set {
		f(&c)
	}
	c.Log.Level = "error"
	c.Database.URL = database
	c.PeerSecret = "test-peer-secret-0123456789-0123456789"
	c.Run = []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat}
	services := testenv.StartProcess(t, c)
	network := servers.Proxy(t, services.GRPC)
	c.Run = []app.Role{app.RoleMQTT, app.RoleHTTP}
	c.DataDir = t.TempDir()
	c.Services = map[app.Role]string{}
	for _, role := range []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat} {
		c.Services[role] = network.Addr
	}
	return c, services, network
}

// newSetup is what all set-ups have.
func newSetup(t *testing.T, name string, services *testenv.Process, gateways ...*testenv.Process) mqtttest.Setup {
	t.Helper()
	conn, err := grpc.NewClient(services.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	token := func(t testing.TB, user string) string { return testenv.Token(t, testenv.App, user) }
	return mqtttest.Setup{
		Name:  name,
		Token: token,
		Chat:  chatv1.NewChatServiceClient(conn),
		As: func(t testing.TB, user string) context.Context {
			return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token(t, user))
		},
		Metric: func(t testing.TB, name, label string) float64 {
			sum := 0.0
			for _, g := range gateways {
				sum += metric(t, g.Env(), name, label)
			}
			return sum
		},
	}
}

// metric is the sum of a metric's values at a process, of those with a label of a value if one is given.
func metric(t testing.TB, env *testenv.Env, name, label string) float64 {
	t.Helper()
	sum := 0.0
	for line := range strings.Lines(string(env.Call(t, http.MethodGet, "/metrics", nil, nil).Body)) {
		sample, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		named, labels, _ := strings.Cut(sample, "{")
		if named != name || label != "" && !strings.Contains(labels, `="`+label+`"`) {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	return sum
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
