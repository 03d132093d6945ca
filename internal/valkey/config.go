package valkey

import (
	"cmp"
	"errors"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Config says which server to use.
type Config struct {
	// URL is redis://user:password@host:port/database, valkey:// likewise, or rediss:// and valkeys:// for TLS. When it is
	// empty there is no server.
	URL string `yaml:"url"`
	// Timeout is how long the server has to answer: 100 ms when zero. A message waits for it.
	Timeout time.Duration `yaml:"timeout"`
}

// Validate names the key that cannot be, without repeating what is secret in the URL.
func (c Config) Validate() error {
	if c.Timeout < 0 {
		return errors.New("timeout: is negative")
	}
	_, err := c.options()
	return err
}

// schemes are those of go-redis for ours. It is never written to.
var schemes = map[string]string{"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}

var errURL = errors.New("url: is not redis://, rediss://, valkey:// or valkeys:// and host:port")

func (c Config) options() (*redis.Options, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || schemes[u.Scheme] == "" {
		// The errors of url.Parse and ParseURL quote the URL, and with it the password.
		return nil, errURL
	}
	u.Scheme = schemes[u.Scheme]
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, errURL
	}
	// One attempt within the time: what failed is not worth waiting for.
	o.MaxRetries, o.DialerRetries = -1, 1
	o.DialTimeout, o.PoolTimeout, o.ContextTimeoutEnabled = c.timeout(), c.timeout(), true
	// Questions that only the makers' own servers answer.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o, nil
}

func (c Config) timeout() time.Duration { return cmp.Or(c.Timeout, 100*time.Millisecond) }
