package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// defaultTimeout bounds a call whose caller gave no deadline. The slowest of ours waits for a database, and no person
// waits longer.
const defaultTimeout = 10 * time.Second

const (
	// maxRequest is the largest message a server takes, in bytes: room for the largest that makes sense, 5,000 users of the
	// directory or 100,000 words of a rule. A caller must not make the server hold more.
	maxRequest = 4 << 20
	// streamWindow and connectionWindow are how much may be on its way unread. Left to itself, gRPC measures what the network holds
	// by a ping for almost every message on a connection that is not busy, which is more writes than call and answer are.
	streamWindow, connectionWindow = 1 << 20, 8 << 20
	// maxResponse is the largest message a client takes: 200 messages of 8,000 characters of up to 4 bytes, and room.
	maxResponse = 16 << 20
)

// Config is what a Server is made of.
type Config struct {
	// Verifier proves callers. Required.
	Verifier *auth.Verifier
	// PeerSecret signs what Loopback clients say of their callers. The same as the Verifier's; required.
	PeerSecret []byte
	// Policy says who may call what, for all services that will be registered. A method that is not in it is refused.
	Policy auth.Policy
	// Observe, when given, is told of every caller who was let in, before the handler is: it may see to it that they are
	// known. The call waits for it.
	Observe func(context.Context, auth.Principal)
	// Errors says what the sentinels of the services become.
	Errors rpcerr.Table
	// Timeout bounds a unary call whose caller gave no deadline; 10 s when zero. Streams may last.
	Timeout time.Duration
	// TLS is used on the network; plain text when nil. ClientCAs and ClientAuth in it ask callers for certificates.
	TLS *tls.Config
	// Metrics takes palabre_rpc_requests_total and palabre_rpc_duration_seconds; nobody sees them when nil. Servers may
	// share one.
	Metrics prometheus.Registerer
	// Logger gets a line for each call; slog.Default() when nil.
	Logger *slog.Logger
	// Now is the clock by which a stream ends with its caller's token; time.Now when nil.
	Now func() time.Time
}

// Validate names the field that is missing.
func (c Config) Validate() error {
	switch {
	case c.Verifier == nil:
		return errors.New("verifier: is required")
	case len(c.PeerSecret) == 0:
		return errors.New("peer_secret: is required")
	case c.Timeout < 0:
		return errors.New("timeout: is negative")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(context.Context, auth.Principal) {}
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	return c
}
