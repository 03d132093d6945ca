package servers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// NetworkProxy stands between clients and a server, and does to their connections what networks do. Its methods fail the
// test when they cannot do what they say.
type NetworkProxy struct {
	// Addr is where clients connect, 127.0.0.1:port; it stays the same when the network is cut and healed.
	Addr string

	t     testing.TB
	proxy *toxiproxy.Proxy
}

// Proxy starts a proxy to a server's address, which passes everything on until it is told otherwise.
func Proxy(t testing.TB, upstream string) *NetworkProxy {
	t.Helper()
	port, err := freePort()
	check(t, err)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &NetworkProxy{Addr: loopback(port), t: t, proxy: toxiproxy.NewProxy(server, t.Name(), loopback(port), upstream)}
	check(t, p.proxy.Start())
	t.Cleanup(p.proxy.Stop)
	return p
}

// Cut ends all connections and refuses new ones, as when a server's machine is off and its network says so.
func (p *NetworkProxy) Cut() { p.proxy.Stop() }

// BlackHole swallows what either side sends, on all connections and new ones, and tells nobody: as a firewall does that
// forgot the connection, or a machine that lost its power.
func (p *NetworkProxy) BlackHole() {
	p.t.Helper()
	p.add("upstream", "timeout", "timeout", 0)
	p.add("downstream", "timeout", "timeout", 0)
}

// Slow delays what either side sends.
func (p *NetworkProxy) Slow(delay time.Duration) {
	p.t.Helper()
	p.add("upstream", "latency", "latency", delay.Milliseconds())
	p.add("downstream", "latency", "latency", delay.Milliseconds())
}

// Heal lets everything pass again. Connections that lost something end.
func (p *NetworkProxy) Heal() {
	p.t.Helper()
	p.proxy.Toxics.ResetToxics(context.Background())
	p.proxy.Stop()
	check(p.t, p.proxy.Start())
}

func (p *NetworkProxy) add(direction, kind, attribute string, milliseconds int64) {
	p.t.Helper()
	_, err := p.proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(
		`{"type": %q, "stream": %q, "attributes": {%q: %d}}`, kind, direction, attribute, milliseconds)))
	check(p.t, err)
}
