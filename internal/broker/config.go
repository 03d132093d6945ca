package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

// Authenticator proves who connects.
type Authenticator interface {
	// Token answers the principal that the token was issued to. Any error refuses the connection; one that wraps
	// context.DeadlineExceeded is told to the client as a server that is not available, so that it keeps its token.
	Token(ctx context.Context, token string) (auth.Principal, error)
}

// Membership tells who takes part in a conversation. It is asked for each subscription and again for each delivery, in
// the path of the publisher, so it must answer from memory nearly always.
type Membership interface {
	// MayAccess reports whether the subject may read the conversation now. An error counts as no.
	MayAccess(ctx context.Context, applicationID, subject, conversationID string) (bool, error)
}

// Senders tells who sent a message. It is asked for each subscription to what moderation says of it by somebody who is no
// admin, and again for each delivery.
type Senders interface {
	// IsSender reports whether the subject sent the message. An error counts as no.
	IsSender(ctx context.Context, applicationID, subject, messageID string) (bool, error)
}

// Config is what a Broker is made of. Authenticator, Membership and Prefixes are required.
type Config struct {
	// Addr is the TCP address to listen on; with "" there is no TCP listener, and clients come by WebSocket.
	Addr string
	// TLSConfig makes the TCP listener a TLS one.
	TLSConfig *tls.Config
	// Prefixes maps application ids to their topic prefixes, each of which belongs to one application.
	Prefixes map[string]string
	// Authenticator is asked on every CONNECT but the gateway's.
	Authenticator Authenticator
	// Membership is asked on every subscription to a conversation, and on every delivery of one.
	Membership Membership
	// Senders lets those who sent a message hear what moderation says of it, besides admins; nobody when nil.
	Senders Senders
	// OnConnection hears, unless it is nil, when a client of a user has connected, and when that is over: in this order for
	// each client id, and before the next client of that id. It must not wait.
	OnConnection func(applicationID, subject, clientID string, connected bool)
	// ClientIP answers the address a WebSocket request counts for in Limits.ConnectionsPerIP. The remote address by
	// default, which is the proxy's where there is one.
	ClientIP func(*http.Request) string
	// Proxies are those in front of the TCP listener, which say for whom they connect; none by default.
	Proxies Proxies
	// Limits bound what clients may use; each zero has a default.
	Limits Limits
	// Logger receives what operators should know. slog.Default by default.
	Logger *slog.Logger
	// Registerer receives the palabre_broker_… metrics; nil registers nothing.
	Registerer prometheus.Registerer
}

const (
	// MaxUplinkPayload is the largest payload that a client may publish, in bytes.
	MaxUplinkPayload = 16 << 10
	// MaxUplinkPacket is the largest packet that a client may send; a larger one closes the connection.
	MaxUplinkPacket = 64 << 10
	// MaxDownlinkPacket is the largest packet that the gateway may send; a larger one closes its connection.
	MaxDownlinkPacket = 4 << 20
	// MaxWillPayload is the largest payload of a will.
	MaxWillPayload = 4 << 10
	// MaxKeepAlive is the longest keep-alive, in seconds, and what a client gets that asks for none.
	MaxKeepAlive = 300

	maxClientID  = 128
	maxWillDelay = 300 // seconds
)

// Validate reports the first field that is missing or wrong, by its name.
func (c Config) Validate() error {
	switch {
	case c.Authenticator == nil:
		return errors.New("broker: Authenticator is required")
	case c.Membership == nil:
		return errors.New("broker: Membership is required")
	case len(c.Prefixes) == 0:
		return errors.New("broker: Prefixes is empty: there is no application to serve")
	}
	if err := c.Limits.Validate(); err != nil {
		return fmt.Errorf("broker: Limits: %w", err)
	}
	owner := map[string]string{}
	for application, prefix := range c.Prefixes {
		if application == "" || strings.Contains(application, clientIDSeparator) {
			return fmt.Errorf("broker: Prefixes: %q cannot be an application id", application)
		}
		if !topic.ValidPrefix(prefix) {
			return fmt.Errorf("broker: Prefixes[%q]: %q cannot be a topic prefix", application, prefix)
		}
		if other, taken := owner[prefix]; taken {
			return fmt.Errorf("broker: Prefixes: %q and %q have the same prefix %q", other, application, prefix)
		}
		owner[prefix] = application
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.ClientIP == nil {
		c.ClientIP = func(r *http.Request) string { return host(r.RemoteAddr) }
	}
	c.Limits = c.Limits.withDefaults()
	return c
}
