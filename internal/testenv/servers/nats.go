package servers

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sync/errgroup"

	shipped "github.com/palabre/palabre/deploy/nats"
)

// NATSCluster is three nodes of one test, as deploy/nats configures them. Its methods fail that test when they cannot do what
// they say, and are to be called from the test's own goroutine.
type NATSCluster struct {
	// URLs are the addresses of the nodes' MQTT listeners, tls://127.0.0.1:port; they stay the same when a node is started
	// again. URL is an address that goes to any node that is up.
	URLs []string
	URL  string
	// CAFile is the PEM file of the authority that signed the nodes' certificate, CA the same in memory.
	CAFile string
	CA     *x509.CertPool
	// GatewayUser and GatewayPassword are those of Palabre's gateway.
	GatewayUser, GatewayPassword string

	t     testing.TB
	users map[string]string
	nodes []*natsNode
}

// natsNodes is how many nodes make a cluster that goes on without one of them.
const natsNodes = 3

// natsServer is built once, of a module that is not ours (tools/nats.mod). Debian's is too old.
var natsServer = sync.OnceValues(func() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "../../..")
	binary := filepath.Join(root, "bin/nats-server")
	build := exec.Command("go", "build", "-modfile=tools/nats.mod", "-o", binary, "github.com/nats-io/nats-server/v2")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build nats-server: %w\n%s", err, out)
	}
	return binary, nil
})

// NATS starts a cluster that serves until the test is over, with JetStream and MQTT over TLS on every node.
func NATS(t testing.TB) *NATSCluster {
	t.Helper()
	binary, err := natsServer()
	check(t, err)
	certificates, err := newCertificates()
	check(t, err)
	c := &NATSCluster{
		GatewayUser: shipped.GatewayUser, GatewayPassword: rand.Text(), CA: x509.NewCertPool(),
		t: t, users: map[string]string{},
	}
	c.CA.AppendCertsFromPEM(certificates.authority)
	var addresses []string
	for range natsNodes {
		node, err := newNATSNode(binary)
		check(t, err)
		cleanUp(t, node.process)
		c.nodes = append(c.nodes, node)
		c.URLs, addresses = append(c.URLs, "tls://"+node.mqtt), append(addresses, node.mqtt)
	}
	c.URL, c.CAFile = "tls://"+Balance(t, addresses...), c.nodes[0].process.dir+"/ca.pem"
	for i, node := range c.nodes {
		node.process.ready = func(ctx context.Context) error { return c.ready(ctx, node) }
		check(t, node.configure(i, c.nodes, certificates))
	}
	check(t, c.writeUsers())
	c.StartAll()
	return c
}

// KillAll ends all nodes without letting them do anything more.
func (c *NATSCluster) KillAll() {
	c.t.Helper()
	for node := range c.nodes {
		c.Kill(node)
	}
}

// StartAll starts all nodes, and returns once they serve. None does without another.
func (c *NATSCluster) StartAll() {
	c.t.Helper()
	var starting errgroup.Group
	for _, node := range c.nodes {
		starting.Go(node.process.start)
	}
	check(c.t, starting.Wait())
}

// ready says whether a node serves everyone who should be able to connect.
func (c *NATSCluster) ready(ctx context.Context, node *natsNode) error {
	if err := node.healthy(ctx); err != nil {
		return err
	}
	if err := c.connect(node, c.GatewayUser, c.GatewayPassword); err != nil {
		return err
	}
	for user, password := range c.users {
		if err := c.connect(node, user, password); err != nil {
			return fmt.Errorf("as %s: %w", user, err)
		}
	}
	return nil
}

func (c *NATSCluster) connect(node *natsNode, user, password string) error {
	client := paho.NewClient(paho.NewClientOptions().
		AddBroker("tls://" + node.mqtt).SetTLSConfig(&tls.Config{RootCAs: c.CA}).
		SetClientID("ready-" + rand.Text()).SetUsername(user).SetPassword(password).
		SetConnectTimeout(5 * time.Second).SetAutoReconnect(false))
	defer client.Disconnect(0)
	token := client.Connect()
	if !token.WaitTimeout(10 * time.Second) {
		return errors.New("no answer to CONNECT")
	}
	return token.Error()
}

// AddUser lets one more user connect, and returns once every node that is up does.
func (c *NATSCluster) AddUser(user, password string) {
	c.t.Helper()
	c.AddUsers(map[string]string{user: password})
}

// AddUsers lets more users connect, by their names and passwords, and returns once every node that is up does.
func (c *NATSCluster) AddUsers(users map[string]string) {
	c.t.Helper()
	maps.Copy(c.users, users)
	check(c.t, c.writeUsers())
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for _, node := range c.nodes {
		if node.process.running() {
			node.process.signal(syscall.SIGHUP)
		}
	}
	known := c.users
	c.users = users // the others are known to be let in
	defer func() { c.users = known }()
	for _, node := range c.nodes {
		if node.process.running() {
			check(c.t, node.process.awaitReady(ctx))
		}
	}
}

func (c *NATSCluster) writeUsers() error {
	text := natsUsers(c.GatewayPassword, c.users)
	for _, node := range c.nodes {
		if err := node.process.account.write(node.process.dir+"/users.conf", []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// NodeOf answers which node a client is connected to, by its client id.
func (c *NATSCluster) NodeOf(clientID string) int {
	c.t.Helper()
	return c.nodeWith("mqtt_client=" + url.QueryEscape(clientID))
}

// NodeOfGateway answers which node the active gateway is connected to.
func (c *NATSCluster) NodeOfGateway() int {
	c.t.Helper()
	return c.nodeWith("auth=1&user=" + url.QueryEscape(c.GatewayUser))
}

// nodeWith answers which node has a connection that its monitoring finds.
func (c *NATSCluster) nodeWith(query string) int {
	c.t.Helper()
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		for i, node := range c.nodes {
			if node.process.running() && node.has(query) {
				return i
			}
		}
		<-time.After(pollInterval)
	}
	c.t.Fatalf("no node has a connection with %s", query)
	return 0
}

// Kill ends a node without letting it do anything more.
func (c *NATSCluster) Kill(node int) {
	c.t.Helper()
	check(c.t, c.nodes[node].process.kill())
}

// Start starts a node again after Kill, and returns once it serves.
func (c *NATSCluster) Start(node int) {
	c.t.Helper()
	check(c.t, c.nodes[node].process.start())
}

// has says whether the node has a connection that its monitoring finds.
func (n *natsNode) has(query string) bool {
	answer, err := http.Get("http://" + n.monitor + "/connz?" + query)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var connections struct {
		Connections []json.RawMessage `json:"connections"`
	}
	return json.NewDecoder(answer.Body).Decode(&connections) == nil && len(connections.Connections) > 0
}
