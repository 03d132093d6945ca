package mqtttest

import (
	"net"
	"net/url"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// severed is the network connection of a device that goes without a goodbye: paho would send a DISCONNECT, after which a
// broker forgets the will.
type severed struct{ conn net.Conn }

// open is paho's way to connect.
func (w *severed) open(broker *url.URL, o paho.ClientOptions) (conn net.Conn, err error) {
	w.conn, err = dial(broker, o.TLSConfig, o.ConnectTimeout)
	return w.conn, err
}

func (w *severed) cut(t testing.TB) {
	t.Helper()
	if err := w.conn.Close(); err != nil {
		t.Fatal(err)
	}
}
