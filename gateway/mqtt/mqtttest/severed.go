package mqtttest

import (
	"crypto/tls"
	"net"
	"net/url"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// severed is the network connection of a device that goes without a goodbye: paho would send a DISCONNECT, after which a
// broker forgets the will.
type severed struct{ conn net.Conn }

// open is paho's way to connect.
func (w *severed) open(broker *url.URL, o paho.ClientOptions) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", broker.Host, o.ConnectTimeout)
	if err != nil {
		return nil, err
	}
	if broker.Scheme == "tls" {
		config := o.TLSConfig.Clone()
		config.ServerName = broker.Hostname()
		conn = tls.Client(conn, config)
	}
	w.conn = conn
	return conn, nil
}

func (w *severed) cut(t testing.TB) {
	t.Helper()
	if err := w.conn.Close(); err != nil {
		t.Fatal(err)
	}
}
