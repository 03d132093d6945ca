package broker

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pires/go-proxyproto"
)

// Proxies are the networks of load balancers that say, by the PROXY protocol (version 1 or 2), for whom they connect. They
// have to, with each connection; nobody else is believed.
type Proxies []netip.Prefix

// introduced is a connection that a proxy has said something about, whose RemoteAddr is who it is for.
type introduced struct{ *proxyproto.Conn }

// NetConn answers the connection below, like that of tls.Conn.
func (c introduced) NetConn() net.Conn { return c.Raw() }

// introduce reads what a proxy says about a connection before anything else; a connection that comes from elsewhere is as it
// is. The proxy's own connections (LOCAL, UNKNOWN: it looks whether we are there) are its own.
func (p Proxies) introduce(nc net.Conn, deadline time.Time) (net.Conn, error) {
	if !p.contain(nc.RemoteAddr()) {
		return nc, nil
	}
	c := introduced{proxyproto.NewConn(nc, proxyproto.WithPolicy(proxyproto.REQUIRE), proxyproto.SetReadHeaderTimeout(time.Until(deadline)))}
	if c.ProxyHeader() == nil {
		return nc, proxyproto.ErrNoProxyProtocol
	}
	return c, nil
}

func (p Proxies) contain(remote net.Addr) bool {
	addr, ok := address(remote)
	return ok && slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// address is the IP address of a connection's end.
func address(of net.Addr) (netip.Addr, bool) {
	tcp, ok := of.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	return addr, addr.IsValid()
}
