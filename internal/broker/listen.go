package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// The transports, as the metrics call them.
const (
	transportTCP       = "tcp"
	transportTLS       = "tls"
	transportWebSocket = "websocket"
	transportMemory    = "memory"
)

// accept serves each connection of l in its own goroutine, until l is closed.
func (b *Broker) accept(l net.Listener, serve func(net.Conn)) {
	const longest = time.Second
	wait := 5 * time.Millisecond
	for {
		nc, err := l.Accept()
		if err == nil {
			wait = 5 * time.Millisecond
			b.serving.Go(func() { serve(nc) })
			continue
		}
		if b.alive.Err() != nil {
			return
		}
		// Out of file descriptors, most likely: the listener is good, and others will close.
		b.log.Error("broker: accept failed", "error", err, "retry_in", wait)
		select {
		case <-b.alive.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, longest)
	}
}

func (b *Broker) serveTCP(nc net.Conn) {
	deadline := time.Now().Add(b.cfg.Limits.ConnectTimeout)
	nc, err := b.cfg.Proxies.introduce(nc, deadline)
	if err != nil {
		b.refuse("proxy_header", nc.RemoteAddr(), err)
		_ = nc.Close()
		return
	}
	ip := host(nc.RemoteAddr().String())
	if addr, ok := address(nc.RemoteAddr()); ok {
		ip = addr.String()
	}
	b.admitted(nc, ip, func() {
		if b.cfg.TLSConfig == nil {
			b.serve(b.clientConn(nc, transportTCP, ip), deadline)
			return
		}
		ctx, cancel := context.WithDeadline(b.alive, deadline)
		defer cancel()
		secured := tls.Server(nc, b.cfg.TLSConfig)
		if err := secured.HandshakeContext(ctx); err != nil {
			b.refuse("tls_handshake", nc.RemoteAddr(), err)
			_ = nc.Close()
			return
		}
		b.serve(b.clientConn(secured, transportTLS, ip), deadline)
	})
}

func (b *Broker) serveMemory(nc net.Conn) {
	c := newConn(nc, transportMemory, b.cfg.Limits.WriteTimeout, gatewayQueue, MaxDownlinkPacket)
	b.serve(c, time.Now().Add(b.cfg.Limits.ConnectTimeout))
}

func (b *Broker) clientConn(under net.Conn, transport, ip string) *conn {
	c := newConn(under, transport, b.cfg.Limits.WriteTimeout, b.cfg.Limits.WriteBuffer, MaxUplinkPacket)
	c.ip = ip
	return c
}

// admitted serves a connection if the limits allow for one more, and closes it otherwise.
func (b *Broker) admitted(nc net.Conn, ip string, serve func()) {
	if reason := b.admission.enter(ip); reason != "" {
		b.refuse(reason, nc.RemoteAddr(), nil)
		_ = nc.Close()
		return
	}
	defer b.admission.leave(ip)
	serve()
}

// refuse counts a connection that does not become a session.
func (b *Broker) refuse(reason string, remote net.Addr, err error) {
	b.metrics.refused.WithLabelValues(reason).Inc()
	b.log.Debug("broker: connection refused", "reason", reason, "remote", remote, "error", err)
}

// serve runs a connection to its end. The CONNECT must be complete before the deadline.
func (b *Broker) serve(c *conn, deadline time.Time) {
	if !b.track(c) {
		c.cut()
		return
	}
	defer b.untrack(c)
	defer func() {
		_ = c.Close()
		<-c.closed
	}()
	if err := c.SetReadDeadline(deadline); err != nil {
		return // closed by now
	}
	err := b.establish(c)
	if s := c.session.Load(); s != nil {
		b.settle(s, err)
		return
	}
	b.refuse(refusalReason(c, err), c.RemoteAddr(), err)
}

// establish is mochi's reading and answering of one connection. A packet that it cannot decode may make it panic; that
// must end this connection and no other.
func (b *Broker) establish(c *conn) (err error) {
	defer b.rescue("packet", func() { err = packets.ErrMalformedPacket })
	return b.server.EstablishConnection(c.transport, c)
}

func refusalReason(c *conn, err error) string {
	var netErr net.Error
	switch {
	case c.refused != "":
		return c.refused
	case errors.As(err, &netErr) && netErr.Timeout():
		return "connect_timeout"
	default:
		return "protocol"
	}
}

// settle decides what stays of a session whose connection is over. Mochi does this too, but not when it panicked or
// failed on its way, and then the session would stay for ever.
func (b *Broker) settle(s *session, err error) {
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if s.gateway {
		b.uplinks.leave(s)
	}
	if s.conn.slow.Load() {
		// What it did not take would be too much again on its next connection: let it sync.
		b.metrics.slow.Inc()
		s.client.ClearInflights()
	}
	if reason := cutReason(s, err); reason != "" {
		b.metrics.cut.WithLabelValues(reason).Inc()
	}
	known, ok := b.server.Clients.Get(s.id)
	kept := ok && known == s.client && keeps(s.client) && !s.forget.Load()
	if !kept {
		b.drop(s)
	}
	b.connected(s, false)
	b.sessions.end(s, kept)
}

// cutReason says why mochi has ended a connection, "" when it has not, or when it is counted already.
func cutReason(s *session, err error) string {
	var code packets.Code
	var netErr net.Error
	switch {
	case errors.Is(err, errPacketTooLarge):
		return "packet_too_large"
	case errors.Is(err, packets.ErrMalformedPacket), errors.Is(err, errPacketLength):
		return "malformed"
	case errors.Is(err, packets.ErrRejectPacket):
		return ""
	case errors.As(err, &code) && code.Code == packets.ErrMalformedPacket.Code:
		return "malformed"
	case errors.As(err, &netErr) && netErr.Timeout() && errors.Is(s.client.StopCause(), err):
		return "keep_alive"
	case err == nil, errors.As(err, &netErr), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "" // the client has ended it, or we have
	}
	return "protocol"
}

func (b *Broker) track(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != stateRunning {
		return false
	}
	b.conns[c] = struct{}{}
	b.serving.Add(1)
	b.metrics.connections.WithLabelValues(c.transport).Inc()
	return true
}

func (b *Broker) untrack(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
	b.metrics.connections.WithLabelValues(c.transport).Dec()
	b.serving.Done()
}
