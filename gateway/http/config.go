package httpgw

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
)

// Config is what a Gateway is made of. Everything may be left out.
type Config struct {
	// Chat, Moderation and Audience are where the services are reached, in this process or another. The paths of a nil one
	// answer 501, and are not in the OpenAPI document.
	Chat, Moderation, Audience grpc.ClientConnInterface
	// MQTT serves MQTT over WebSocket at /mqtt. It gets requests as they came, and limits them itself. Nil answers 404.
	MQTT http.Handler
	// BrokerAuth answers MQTT brokers that ask who may connect and use which topic, at /mqtt/auth and /mqtt/acl. Nil answers
	// 404.
	BrokerAuth http.Handler
	// Ready answers what this process needs for its work, in the order to show it. It is given two seconds. Nil means that
	// the process is ready whenever it runs.
	Ready func(ctx context.Context) []Check
	// Gatherer is what /metrics shows. Nil answers 404.
	Gatherer prometheus.Gatherer
	// Registerer receives the palabre_http_… metrics; nil registers nothing.
	Registerer prometheus.Registerer
	// Logger receives failures, and every request at level debug. slog.Default by default.
	Logger *slog.Logger
	// AllowedOrigins are the origins of web pages that may call from a browser, such as https://www.example.org; "*" for
	// all. It does not concern /mqtt, where no cookie or ambient credential counts.
	AllowedOrigins []string
	// Proxies are believed when they say whom they forward for.
	Proxies Proxies
	// TLSConfig makes Serve speak TLS, with HTTP/2 and HTTP/1.1.
	TLSConfig *tls.Config
	// Version is this build's, for people. Empty is not shown.
	Version string
	// Limits bound what callers may use; each zero has a default.
	Limits Limits
}

// Check is one thing that a process needs for its work.
type Check struct {
	// Name is what it is called on /readyz, such as "database".
	Name string
	// Err is nil when it is there. Callers learn only that it failed; the text is for the log.
	Err error
}

// Limits bound what callers may use. A zero takes the default that is named with each.
type Limits struct {
	// Body is how many bytes a request's body may have: 64 KiB.
	Body int64
	// BulkBody is the same where the interface takes lists that are larger than that (bulkRoutes): 2 MiB.
	BulkBody int64
	// Header is how many bytes the request line and the headers may have: 32 KiB.
	Header int
	// Request is how long a REST call may take before it is answered 504: 30 s.
	Request time.Duration
	// Transfer is how long a file may take to be uploaded or downloaded: 10 minutes.
	Transfer time.Duration
	// ReadHeader is how long a client may take to send the headers: 5 s.
	ReadHeader time.Duration
	// Idle is how long a connection may wait for its next request: 2 minutes.
	Idle time.Duration
	// Drain is how long Serve waits at its end for the requests under way: 10 s.
	Drain time.Duration
}

// Validate says which setting is wrong, by the name of its field.
func (c Config) Validate() error {
	var errs []error
	for i, origin := range c.AllowedOrigins {
		if !validOrigin(origin) {
			errs = append(errs, fmt.Errorf("AllowedOrigins[%d]: %q is neither * nor an origin such as https://www.example.org", i, origin))
		}
	}
	for _, limit := range []struct {
		field string
		value int64
	}{
		{"Limits.Body", c.Limits.Body},
		{"Limits.BulkBody", c.Limits.BulkBody},
		{"Limits.Header", int64(c.Limits.Header)},
		{"Limits.Request", int64(c.Limits.Request)},
		{"Limits.Transfer", int64(c.Limits.Transfer)},
		{"Limits.ReadHeader", int64(c.Limits.ReadHeader)},
		{"Limits.Idle", int64(c.Limits.Idle)},
		{"Limits.Drain", int64(c.Limits.Drain)},
	} {
		if limit.value < 0 {
			errs = append(errs, fmt.Errorf("%s: must not be negative", limit.field))
		}
	}
	return errors.Join(errs...)
}

// validOrigin wants what browsers send: a scheme and a host in lower case, no path.
func validOrigin(origin string) bool {
	if origin == "*" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.User == nil && origin == strings.ToLower(u.Scheme+"://"+u.Host)
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Limits = c.Limits.withDefaults()
	return c
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Body, 64<<10)
	orDefault(&l.BulkBody, 2<<20)
	orDefault(&l.Header, 32<<10)
	orDefault(&l.Request, 30*time.Second)
	orDefault(&l.Transfer, 10*time.Minute)
	orDefault(&l.ReadHeader, 5*time.Second)
	orDefault(&l.Idle, 2*time.Minute)
	orDefault(&l.Drain, 10*time.Second)
	return l
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
