package webhook

import (
	"context"
	"crypto/tls"
	"net"
)

// Probe says whether somebody listens where a webhook is, and speaks TLS as it should. It posts nothing.
func Probe(ctx context.Context, e Endpoint) error {
	u, err := e.parse()
	if err != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	address := net.JoinHostPort(u.Hostname(), port)
	var conn net.Conn
	if u.Scheme == "https" {
		conn, err = new(tls.Dialer).DialContext(ctx, "tcp", address)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return err
	}
	_ = conn.Close() // It was there.
	return nil
}
