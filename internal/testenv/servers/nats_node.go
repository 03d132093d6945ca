package servers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"syscall"

	shipped "github.com/palabre/palabre/deploy/nats"
)

// natsNode is one node of a cluster, and where it listens.
type natsNode struct {
	process                         *process
	clients, monitor, mqtt, cluster string
}

// newNATSNode makes a node that does not run yet. It runs as the test does: NATS has nothing against root.
func newNATSNode(binary string) (*natsNode, error) {
	n := new(natsNode)
	for _, address := range []*string{&n.clients, &n.monitor, &n.mqtt, &n.cluster} {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		*address = loopback(port)
	}
	var account account
	dir, err := account.directory("nats")
	if err != nil {
		return nil, err
	}
	n.process = &process{
		name: "nats", command: []string{binary, "-c", dir + "/nats.conf"}, account: account, dir: dir,
		stopSignal: syscall.SIGTERM, killSignal: syscall.SIGKILL,
	}
	return n, nil
}

// configure writes the files of the node's directory: nats.conf as it is shipped, and a node.conf of its own.
func (n *natsNode) configure(number int, cluster []*natsNode, c certificates) error {
	dir := n.process.dir
	var routes []string
	for _, node := range cluster {
		routes = append(routes, fmt.Sprintf("%q", "nats://"+node.cluster))
	}
	conf := fmt.Sprintf(`NODE_NAME: "nats-%d"
CLIENT_ADDRESS: %q
MONITOR_ADDRESS: %q
MQTT_ADDRESS: %q
CERTIFICATE_FILE: %q
KEY_FILE: %q
DATA_DIR: %q
CLUSTER_ADDRESS: %q
CLUSTER_ROUTES: [%s]
`, number, n.clients, n.monitor, n.mqtt, dir+"/server.pem", dir+"/server.key", dir+"/store", n.cluster, strings.Join(routes, ", "))
	for name, content := range map[string][]byte{
		"ca.pem": c.authority, "server.pem": c.server, "server.key": c.serverKey,
		"nats.conf": []byte(shipped.Config), "node.conf": []byte(conf),
	} {
		if err := n.process.account.write(dir+"/"+name, content); err != nil {
			return err
		}
	}
	return nil
}

// healthy is nil when the node is part of the cluster and has what the others have.
func (n *natsNode) healthy(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.monitor+"/healthz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not healthy: %s", n.monitor, answer.Status)
	}
	return nil
}

// natsUsers is the users.conf we ship, with the gateway's password, and for each user what it has for alice. The gateway
// may use all prefixes of the tests' applications.
func natsUsers(gatewayPassword string, users map[string]string) string {
	const firstUser, end = "    # A user:", "    # End of users."
	gateway, rest, _ := strings.Cut(shipped.Users, firstUser)
	user, rest, _ := strings.Cut(rest, end)
	const password = `"$2a$11$…"`
	gateway = strings.Replace(gateway, password, fmt.Sprintf("%q", gatewayPassword), 1)
	gateway = strings.ReplaceAll(gateway, `"chat.>"`, `"chat.>", "resalice.>"`)
	var text strings.Builder
	text.WriteString(gateway)
	for _, name := range slices.Sorted(maps.Keys(users)) {
		one := strings.ReplaceAll(strings.ReplaceAll(user, "alice", name), password, fmt.Sprintf("%q", users[name]))
		text.WriteString(firstUser + one)
	}
	text.WriteString(rest)
	return text.String()
}
