package testenv

import (
	"crypto/tls"
	"net"
	"net/url"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"google.golang.org/protobuf/proto"
)

// dial opens the connection of a device, and keeps it so that it can be cut.
func (p *Person) dial(broker *url.URL, o mqtt.ClientOptions) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: o.ConnectTimeout}
	conn, err := dialer.Dial("tcp", broker.Host)
	if err != nil {
		return nil, err
	}
	if broker.Scheme == "tls" {
		config := p.env.TLS.Clone()
		config.ServerName = broker.Hostname()
		conn = tls.Client(conn, config)
	}
	p.conn = conn
	return conn, nil
}

// LeavesWill makes what the broker publishes as the person's presence when a connection that is made from now on is cut.
func (p *Person) LeavesWill(payload proto.Message) {
	p.t.Helper()
	p.will = encode(p.t, payload)
}

// IsCutOff ends the connection as a dead network does, without a DISCONNECT. The client hears nothing of it.
func (p *Person) IsCutOff() {
	p.t.Helper()
	if err := p.conn.Close(); err != nil {
		p.t.Fatal(err)
	}
}
