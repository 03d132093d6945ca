package broker

import "net"

// GatewayUsername is the username of the gateway. No user can have it: it is not a valid subject.
const GatewayUsername = "$gateway"

// GatewayCredentials are the username and password of the gateway, for connections made by Dial. The password is made
// anew for each Broker.
func (b *Broker) GatewayCredentials() (username, password string) {
	return GatewayUsername, b.gatewayPassword
}

// Dial opens a connection in memory for an MQTT client that may publish and subscribe everywhere, as a gateway on a broker of
// others does; nobody else gets in by it. The gateway of this process needs no MQTT, and has a Link. Returns ErrNotRunning
// before Start and after Close.
func (b *Broker) Dial() (net.Conn, error) {
	if !b.running() {
		return nil, ErrNotRunning
	}
	nc, err := b.memory.DialContext(b.alive)
	if err != nil {
		return nil, ErrNotRunning
	}
	return nc, nil
}

// Heard reports whether a session, connected or kept, has subscribed to a topic. To a topic that nobody hears there is no
// need to publish.
func (b *Broker) Heard(topic string) bool {
	return len(b.subscribers.of(topic)) > 0
}
