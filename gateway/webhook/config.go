package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// Config is what a Gateway is made of. Chat is required.
type Config struct {
	// Endpoints are the webhooks, by their applications' ids.
	Endpoints map[string][]Endpoint
	// Chat is the service, called as the component "webhook".
	Chat chatv1.ChatServiceClient
	// Version is told in the User-Agent.
	Version string
	// Limits bound the work under way; each zero has a default.
	Limits Limits
	// Logger receives what operators should know. slog.Default by default.
	Logger *slog.Logger
	// Registerer receives the palabre_webhook_… metrics; nil registers nothing.
	Registerer prometheus.Registerer
}

// Limits bound the work under way. A zero takes the default that is named with each.
type Limits struct {
	// Timeout is how long a webhook may take to answer: 15 s.
	Timeout time.Duration
	// Parallel is how many posts to one webhook may be under way at once, of different conversations: 8.
	Parallel int
	// Window is how many events may lie between the oldest that a webhook has not taken and the newest that was tried: 256.
	// So many may be posted again after a crash.
	Window int
	// RetryAfter is the wait before the first repeated attempt: 1 s. It doubles up to MaxRetryAfter: 5 min.
	RetryAfter, MaxRetryAfter time.Duration
	// MaxPatience is the longest wait that a webhook may ask for, and that after its 410 Gone: 1 h.
	MaxPatience time.Duration
	// Refusals is how often an event may be refused before it is given up: 20, over about an hour. It is then, if the webhook
	// has taken others meanwhile, or if it happened longer ago than GiveUpAge: 72 h.
	Refusals  int
	GiveUpAge time.Duration
	// Fresh is how long ago an event may have been read when it is posted: 2 s. An older one is read again.
	Fresh time.Duration
	// CallTimeout bounds each call of the service: 10 s.
	CallTimeout time.Duration
	// AcknowledgeEvery is how often the service is told how far a webhook has come: 500 ms.
	AcknowledgeEvery time.Duration
	// LeaseTime is how long after a process was heard of last another takes its place: 2 s.
	LeaseTime time.Duration
	// Drain is how long Run goes on at its end with the posts under way: 5 s.
	Drain time.Duration
}

// Validate names the first field that is missing or wrong.
func (c Config) Validate() error {
	if c.Chat == nil {
		return errors.New("webhook: Chat is required")
	}
	for _, id := range slices.Sorted(maps.Keys(c.Endpoints)) {
		if field, err := ValidateAll(c.Endpoints[id]); err != nil {
			return fmt.Errorf("webhook: Endpoints[%q]%s%w", id, field, err)
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Limits = c.Limits.withDefaults()
	return c
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Timeout:          cmp.Or(l.Timeout, 15*time.Second),
		Parallel:         cmp.Or(l.Parallel, 8),
		Window:           cmp.Or(l.Window, 256),
		RetryAfter:       cmp.Or(l.RetryAfter, time.Second),
		MaxRetryAfter:    cmp.Or(l.MaxRetryAfter, 5*time.Minute),
		MaxPatience:      cmp.Or(l.MaxPatience, time.Hour),
		Refusals:         cmp.Or(l.Refusals, 20),
		GiveUpAge:        cmp.Or(l.GiveUpAge, 72*time.Hour),
		Fresh:            cmp.Or(l.Fresh, 2*time.Second),
		CallTimeout:      cmp.Or(l.CallTimeout, 10*time.Second),
		AcknowledgeEvery: cmp.Or(l.AcknowledgeEvery, 500*time.Millisecond),
		LeaseTime:        cmp.Or(l.LeaseTime, 2*time.Second),
		Drain:            cmp.Or(l.Drain, 5*time.Second),
	}
}
