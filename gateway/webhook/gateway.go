package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/palabre/palabre/internal/lease"
)

// component is the name under which the gateway calls the service.
const component = "webhook"

// Gateway posts to webhooks. Make one with New.
type Gateway struct {
	config Config
	hooks  []*hook
	held   atomic.Int32 // how many of them are this process's
	ran    atomic.Bool
}

// New makes a Gateway that does nothing before Run. Errors: those of Config.Validate, and of a Registerer that has the
// metrics already.
func New(c Config) (*Gateway, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	m, err := newMetrics(c.Registerer)
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	g := &Gateway{config: c}
	for _, id := range slices.Sorted(maps.Keys(c.Endpoints)) {
		for i, e := range c.Endpoints[id] {
			h, err := newHook(c, m, id, i, e)
			if err != nil {
				return nil, fmt.Errorf("webhook: Endpoints[%q][%d].%w", id, i, err)
			}
			g.hooks = append(g.hooks, h)
		}
	}
	m.waiting.hooks = g.hooks
	return g, nil
}

// Run posts until ctx ends, to those webhooks that no other process posts to. Then it takes no more events, and ends the posts
// that are under way, or gives them up after Limits.Drain: they come again. It is not an error that a webhook or the service
// is out of reach. It may be called once.
func (g *Gateway) Run(ctx context.Context) error {
	if g.ran.Swap(true) {
		return errors.New("webhook: Run may be called once")
	}
	var keeping sync.WaitGroup
	for _, h := range g.hooks {
		l := lease.New(lease.Config{
			Chat: g.config.Chat, Component: component, Name: h.name, Time: g.config.Limits.LeaseTime, Logger: h.log,
			// Who has many already leaves what is free to others.
			Shy: func() time.Duration { return time.Duration(g.held.Load()) * g.config.Limits.LeaseTime / 8 },
		})
		keeping.Go(func() { l.Keep(ctx, func(ctx context.Context, _ string) { g.work(ctx, h) }) })
	}
	keeping.Wait()
	for _, h := range g.hooks {
		h.client.CloseIdleConnections()
	}
	return nil
}

// work is one term at a webhook: from when this process has its lease until it is to end.
func (g *Gateway) work(ctx context.Context, h *hook) {
	g.held.Add(1)
	defer g.held.Add(-1)
	h.log.InfoContext(ctx, "this process posts to a webhook now")
	h.active.Store(true)
	defer h.active.Store(false)
	newTerm(g.config, h).run(ctx)
}
