package mqttgw

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/gateway/mqtt/dynsec"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// DynamicSecurity is what the gateway needs to keep the accounts of users at a Mosquitto with that plugin. Directory and
// Passwords are required.
type DynamicSecurity struct {
	// Directory knows the users: they have accounts, and the visitors whom they talk with.
	Directory audiencev1.AudienceServiceClient
	// Passwords are those that users are given.
	Passwords *auth.MQTTPasswords
	// LookEvery is how often the directory is looked through for users who came or went: 500 ms, or as seldom as keeps the
	// looking to a twentieth of the time.
	LookEvery time.Duration
	// Now is the clock. time.Now by default.
	Now func() time.Time
}

func (c *DynamicSecurity) withDefaults() *DynamicSecurity {
	complete := *c
	orDefault(&complete.LookEvery, 500*time.Millisecond)
	if complete.Now == nil {
		complete.Now = time.Now
	}
	return &complete
}

func (c *DynamicSecurity) validate() error {
	switch {
	case c.Directory == nil:
		return errors.New("Directory is required")
	case c.Passwords == nil:
		return errors.New("Passwords is required")
	}
	return nil
}

// accounts keeps those of users at the broker, with the conversations that each may hear. What it wants the broker to have
// it takes from the services once, and then changes it with each event; when a connection to the broker is new, all that the
// broker has is compared with it. A nil one keeps none.
type accounts struct {
	chat         chatv1.ChatServiceClient
	directory    audiencev1.AudienceServiceClient
	membership   *Membership
	applications map[string]Application
	lookEvery    time.Duration
	limits       Limits
	log          *slog.Logger
	metrics      *metrics

	// begun is closed when the event stream has begun: from then on no change is missed. settled is closed when the broker
	// goes by what was found then.
	begun, settled chan struct{}
	begin          func()

	// mu is held by whoever changes something, until the broker goes by it.
	mu     sync.Mutex
	broker *dynsec.Broker
	wanted map[dynsec.Name]*dynsec.Account
	// members are those of the wanted who are in a conversation.
	members map[conversation]map[dynsec.Name]struct{}
	// changed are those of whom the broker does not have what is wanted, and the events wait for it. For the missing nothing
	// waits: they have no account that would let them in, or not that of their present epoch.
	changed, missing map[dynsec.Name]struct{}

	failure struct {
		sync.Mutex
		err error // why the broker does not go by it yet
	}
}

func newAccounts(c Config, m *metrics) *accounts {
	if c.DynamicSecurity == nil {
		return nil
	}
	prefixes := map[string]string{}
	for id, a := range c.Applications {
		prefixes[id] = a.Prefix
	}
	a := &accounts{
		chat: c.Chat, directory: c.DynamicSecurity.Directory, membership: c.Membership, applications: c.Applications,
		lookEvery: c.DynamicSecurity.LookEvery, limits: c.Limits, log: c.Logger, metrics: m,
		begun: make(chan struct{}), settled: make(chan struct{}),
		broker: dynsec.NewBroker(dynsec.Config{
			Options: c.Broker.controlOptions, Gateway: c.Broker.Username, Prefixes: prefixes,
			Passwords: c.DynamicSecurity.Passwords, Now: c.DynamicSecurity.Now, Logger: c.Logger,
		}),
	}
	a.begin = sync.OnceFunc(func() { close(a.begun) })
	a.failed(errors.New("the directory was not looked through yet"))
	return a
}

// controlOptions are those of the connection by which dynamic security is driven.
func (c BrokerConfig) controlOptions() (*paho.ClientOptions, error) {
	return c.options("palabre-accounts-" + rand.Text())
}

// run has the broker go by what it should, and goes on looking for users who come and go, until the context ends.
func (a *accounts) run(ctx context.Context) {
	if a == nil {
		return
	}
	defer a.close()
	select {
	case <-a.begun:
	case <-ctx.Done():
		return
	}
	if a.startOver(ctx) != nil {
		return
	}
	close(a.settled)
	for looked := time.Now(); pause(ctx, time.Until(looked)) == nil; {
		began := time.Now()
		if err := a.look(ctx); err != nil && ctx.Err() == nil {
			a.metrics.retries.WithLabelValues("accounts").Inc()
			a.log.WarnContext(ctx, "the directory could not be looked through", "error", err)
		}
		looked = time.Now().Add(max(a.lookEvery, 19*time.Since(began)))
		for time.Now().Before(looked) && a.makeSome(ctx) {
		}
	}
}

// follows says that the event stream has begun.
func (a *accounts) follows() {
	if a != nil {
		a.begin()
	}
}

// isSettled says whether the broker goes by what was found at the beginning.
func (a *accounts) isSettled() bool {
	if a == nil {
		return true
	}
	select {
	case <-a.settled:
		return true
	default:
		return false
	}
}

// startOver finds out anew what the broker is to have, and returns when the broker goes by it, or the context ends.
func (a *accounts) startOver(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	began := time.Now()
	a.broker.Close()
	if err := a.insist(ctx, func() error { return a.load(ctx) }); err != nil {
		return err
	}
	clear(a.changed) // what is wrong and what is missing is found out when connected
	if err := a.bring(ctx); err != nil {
		return err
	}
	a.log.InfoContext(ctx, "the broker goes by who is in which conversation", "accounts", len(a.wanted),
		"missing", len(a.missing), "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// bring returns when the broker goes by what has changed, or the context ends.
func (a *accounts) bring(ctx context.Context) error {
	return a.insist(ctx, func() error {
		if err := a.connect(ctx); err != nil {
			return err
		}
		if err := a.broker.Bring(ctx, a.wanted, slices.Collect(maps.Keys(a.changed))); err != nil {
			return err
		}
		clear(a.changed)
		a.metrics.accounts.Set(float64(len(a.wanted)))
		a.metrics.accountsMissing.Set(float64(len(a.missing)))
		return nil
	})
}

// connect connects unless there is a connection. What the broker has may be wrong then, and what it lacks is missing.
func (a *accounts) connect(ctx context.Context) error {
	if a.broker.Connected() {
		return nil
	}
	if err := a.broker.Connect(ctx); err != nil {
		return err
	}
	for _, n := range a.broker.Names() {
		a.changed[n] = struct{}{}
	}
	for n := range a.wanted {
		if !a.broker.Knows(n) {
			a.missing[n] = struct{}{}
		}
	}
	return nil
}

// someMissing is for how many of the missing an event may have to wait, at a broker that takes its time with each.
const someMissing = 8

// makeSome makes the accounts of some of the missing, and says whether there were any.
func (a *accounts) makeSome(ctx context.Context) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	before, some := len(a.missing), max(someMissing, a.broker.AtOnce())
	for n := range a.missing {
		a.changed[n] = struct{}{}
		delete(a.missing, n)
		if len(a.missing) <= before-some {
			break
		}
	}
	if before == 0 || a.bring(ctx) != nil {
		return false
	}
	if len(a.missing) == 0 {
		a.log.InfoContext(ctx, "the broker knows all users", "accounts", len(a.wanted))
	}
	return true
}

// insist tries again until it succeeds or the context ends. Meanwhile the gateway is not ready.
func (a *accounts) insist(ctx context.Context, try func() error) error {
	wait := a.limits.backoff()
	for {
		err := try()
		if err == nil {
			a.failed(nil)
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		a.failed(err)
		a.metrics.retries.WithLabelValues("accounts").Inc()
		a.log.WarnContext(ctx, "the broker does not go by who is in which conversation", "error", err)
		if err := wait.Pause(ctx, 0); err != nil {
			return err
		}
	}
}

func (a *accounts) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.broker.Close()
}

func (a *accounts) failed(why error) {
	a.failure.Lock()
	defer a.failure.Unlock()
	a.failure.err = why
}

// ready is nil when the broker goes by all that is known.
func (a *accounts) ready() error {
	if a == nil {
		return nil
	}
	a.failure.Lock()
	defer a.failure.Unlock()
	if a.failure.err != nil {
		return fmt.Errorf("accounts at the broker: %w", a.failure.err)
	}
	return nil
}

// pause waits, and answers why the context ended if it did.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
