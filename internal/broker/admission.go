package broker

import (
	"net"
	"net/netip"
	"sync"
)

// admission counts connections before anything is known about who they are.
type admission struct {
	total, perIP int
	connects     *rates[string]

	mu    sync.Mutex
	count int
	byIP  map[string]int
}

func newAdmission(l Limits) *admission {
	return &admission{total: l.Connections, perIP: l.ConnectionsPerIP, connects: newRates[string](l.ConnectsPerIP), byIP: map[string]int{}}
}

// enter counts a connection in, or answers why it may not come in. Each that entered must leave.
func (a *admission) enter(ip string) (refused string) {
	counted := countable(ip)
	ip = network(ip)
	if counted && !a.connects.of(ip).Allow() {
		return "ip_rate"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.count >= a.total:
		return "total_limit"
	case counted && a.byIP[ip] >= a.perIP:
		return "ip_limit"
	}
	a.count++
	if counted {
		a.byIP[ip]++
	}
	return ""
}

func (a *admission) leave(ip string) {
	counted := countable(ip)
	ip = network(ip)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count--
	if !counted {
		return
	}
	if a.byIP[ip]--; a.byIP[ip] == 0 {
		delete(a.byIP, ip)
	}
}

// countable is false for loopback addresses: behind a local proxy everybody has one.
func countable(ip string) bool {
	parsed := net.ParseIP(ip)
	return parsed == nil || !parsed.IsLoopback()
}

// network is what addresses are counted by: one who has an IPv6 address has 2^64 of them.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Unmap().Is4() {
		return ip
	}
	const ofOne = 64
	prefix, _ := addr.Prefix(ofOne) // fails on other lengths only
	return prefix.String()
}

// host is the address without its port.
func host(addr string) string {
	if h, _, err := net.SplitHostPort(addr); err == nil {
		return h
	}
	return addr
}
