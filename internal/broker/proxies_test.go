package broker_test

import (
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"

	"github.com/palabre/palabre/internal/broker"
)

// behind is a broker behind balancers, which takes one client from each address.
func behind(t *testing.T, balancers string, configure ...func(*broker.Config)) *world {
	t.Helper()
	return start(t, append(configure, func(c *broker.Config) {
		c.Proxies = broker.Proxies{netip.MustParsePrefix(balancers)}
		c.Limits.ConnectionsPerIP = 1
	})...)
}

// through is a connection that begins with what a balancer says.
func (w *world) through(said []byte) *wire {
	w.t.Helper()
	c := w.wire(v311)
	c.sendBytes(said)
	return c
}

// header says for whom a balancer connects.
func header(t *testing.T, version byte, client string) []byte {
	t.Helper()
	from, to := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(client)), net.TCPAddrFromAddrPort(netip.MustParseAddrPort("203.0.113.1:1883"))
	if from.IP.To4() == nil {
		to = net.TCPAddrFromAddrPort(netip.MustParseAddrPort("[2001:db8::ffff]:1883"))
	}
	said, err := proxyproto.HeaderProxyFromAddrs(version, from, to).Format()
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func TestClientsBehindABalancerCountForTheirOwnAddress(t *testing.T) {
	for _, version := range []byte{1, 2} {
		w := behind(t, "127.0.0.0/8")
		for i, client := range []string{"192.0.2.1:4000", "192.0.2.2:4000", "[2001:db8::1]:4000"} {
			if code := w.through(header(t, version, client)).connect("alice", "alice-token", named(client)).ReasonCode; code != 0 {
				t.Errorf("version %d: client %d is answered 0x%02x", version, i, code)
			}
		}
		w.through(header(t, version, "192.0.2.1:4001")).cutOff()
		w.awaitCounted(refused, "ip_limit", 1)
	}
}

func TestABalancerPassesTLSOn(t *testing.T) {
	cert, pool := selfSigned(t)
	w := behind(t, "127.0.0.0/8", func(c *broker.Config) { c.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}} })
	secured := func(client string) *wire {
		below := w.through(header(t, 2, client))
		return newWire(t, tls.Client(below.nc, &tls.Config{RootCAs: pool, ServerName: "localhost"}), v311)
	}
	if code := secured("192.0.2.1:4000").connect("alice", "alice-token").ReasonCode; code != 0 {
		t.Errorf("CONNACK 0x%02x", code)
	}
	w.through(header(t, 2, "192.0.2.1:4001")).cutOff()
	w.awaitCounted(refused, "ip_limit", 1)
}

// A spoofed header must not get anybody past the limits, nor put the blame on another address.
func TestWhoIsNoBalancerIsNotBelieved(t *testing.T) {
	w := behind(t, "10.0.0.0/8")
	w.through(header(t, 1, "192.0.2.1:4000")).cutOff()
	w.through(header(t, 2, "192.0.2.1:4000")).cutOff()
	w.awaitCounted(refused, "protocol", 2)
	w.connected(v311, "alice") // directly, and without one
}

func TestABalancerThatDoesNotSayForWhomItConnectsIsRefused(t *testing.T) {
	w := behind(t, "127.0.0.0/8", limited(func(l *broker.Limits) { l.ConnectTimeout = 200 * time.Millisecond }))
	w.through(encode(t, connectPacket("alice", "alice-token"), v311)).cutOff()
	w.through(nil).cutOff() // it says nothing at all
	w.through([]byte("PROXY TCP4 elsewhere\r\n")).cutOff()
	w.awaitCounted(refused, "proxy_header", 3)
	// It looks whether we are there.
	if code := w.through([]byte("PROXY UNKNOWN\r\n")).connect("alice", "alice-token").ReasonCode; code != 0 {
		t.Errorf("its own connection is answered 0x%02x", code)
	}
}
