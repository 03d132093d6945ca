package httpgw

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

const headerForwardedFor = "X-Forwarded-For"

// Proxies are the addresses of the reverse proxies in front of Palabre, which say in X-Forwarded-For whom they forward
// for. Nobody else is believed.
type Proxies []netip.Prefix

// ClientIP answers the address that a request came from, as it looks from the outermost proxy of ours; empty when the
// connection has no IP address.
func (p Proxies) ClientIP(r *http.Request) string {
	hops := p.hops(r)
	if len(hops) == 0 {
		return ""
	}
	return hops[0]
}

// hops answers the way of a request: the client, then our proxies from the outermost to the one that is connected.
func (p Proxies) hops(r *http.Request) []string {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return nil
	}
	hops := []string{plain(remote.Addr())}
	if !p.contain(remote.Addr()) {
		return hops
	}
	// Each proxy has appended the address it saw, so the list is true from its end up to the first one who is not ours.
	for _, value := range slices.Backward(forwardedFor(r)) {
		addr, ok := parseHop(value)
		if !ok {
			break
		}
		hops = append(hops, plain(addr))
		if !p.contain(addr) {
			break
		}
	}
	slices.Reverse(hops)
	return hops
}

func (p Proxies) contain(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

func forwardedFor(r *http.Request) []string {
	joined := strings.Join(r.Header.Values(headerForwardedFor), ",")
	if joined == "" {
		return nil
	}
	return strings.Split(joined, ",")
}

// parseHop reads an address, with a port where a proxy adds it.
func parseHop(value string) (netip.Addr, bool) {
	value = strings.TrimSpace(value)
	if host, _, err := net.SplitHostPort(value); err == nil {
		value = host
	}
	addr, err := netip.ParseAddr(strings.Trim(value, "[]"))
	return addr, err == nil
}

func plain(addr netip.Addr) string { return addr.Unmap().WithZone("").String() }
