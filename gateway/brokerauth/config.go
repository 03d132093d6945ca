package brokerauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/internal/auth"
)

// MinSecret is the shortest secret and gateway's password, in bytes. Whoever reaches the listener can guess at them, and at
// this length it does not matter how fast.
const MinSecret = 16

// Authenticator proves who connects.
type Authenticator interface {
	// Token answers the principal that the token was issued to. An error that wraps context.DeadlineExceeded or
	// auth.ErrKeysUnavailable says that nothing is known about the token; any other that it is worth nothing.
	Token(ctx context.Context, token string) (auth.Principal, error)
}

// Membership tells who takes part in a conversation.
type Membership interface {
	// MayAccess reports whether the subject may read the conversation now. An error says that it is not known.
	MayAccess(ctx context.Context, applicationID, subject, conversationID string) (bool, error)
}

// Config is what a Handler is made of. Secret, Prefixes, Authenticator and Membership are required.
type Config struct {
	// Secret is what brokers show: in Authorization as a bearer token or as the password of any user, or as the parameter
	// `secret` of the URL. At least 16 bytes.
	Secret string
	// Prefixes maps application ids to their topic prefixes.
	Prefixes map[string]string
	// Authenticator is asked on every CONNECT but the gateway's.
	Authenticator Authenticator
	// Membership is asked where that decides. How long it remembers is how long somebody who was removed may subscribe anew.
	Membership Membership
	// OnConnect hears, unless it is nil, of everyone who is let in. The broker waits for it.
	OnConnect func(context.Context, auth.Principal)
	// Gateway is Palabre's own account on the broker.
	Gateway Account
	// ClientIP answers the address that a request came from. The remote address by default.
	ClientIP func(*http.Request) string
	// Timeout bounds each question: 2 s, which is less than brokers wait.
	Timeout time.Duration
	// Logger receives what operators should know. slog.Default by default.
	Logger *slog.Logger
	// Registerer receives the palabre_broker_auth_… metrics; nil registers nothing.
	Registerer prometheus.Registerer
	// Now is the clock. time.Now by default.
	Now func() time.Time
}

// Account is a username with its password.
type Account struct{ Username, Password string }

// Validate names the first field that is missing or wrong.
func (c Config) Validate() error {
	switch {
	case len(c.Secret) < MinSecret:
		return fmt.Errorf("brokerauth: Secret: has %d bytes, at least %d are needed", len(c.Secret), MinSecret)
	case len(c.Prefixes) == 0:
		return errors.New("brokerauth: Prefixes is empty: there is no application to serve")
	case c.Authenticator == nil:
		return errors.New("brokerauth: Authenticator is required")
	case c.Membership == nil:
		return errors.New("brokerauth: Membership is required")
	}
	return c.Gateway.Validate()
}

// Validate names the field that cannot be. A user of the host product may have any id, so the gateway's name must be none.
func (a Account) Validate() error {
	switch {
	case a.Username == "" || auth.ValidUserID(a.Username):
		return fmt.Errorf("username: %q could be a user's id: take one with a dot, such as palabre.gateway", a.Username)
	case len(a.Password) < MinSecret:
		return fmt.Errorf("password: has %d bytes, at least %d are needed", len(a.Password), MinSecret)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.ClientIP == nil {
		c.ClientIP = func(r *http.Request) string {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
