package mqttgw

import (
	"context"
	"errors"

	"github.com/palabre/palabre/internal/lease"
)

// news is what the service has to tell people, as one gateway publishes it: the events, and what passes beside them.
type news struct {
	edge     bool
	down     *downlink
	presence *presenceWatch
	typing   *typingWatch // nil where nobody else hears of typing
	kept     *accounts    // nil unless the gateway keeps them
}

func newNews(c Config, m *metrics, client *client, t *typing) *news {
	kept := newAccounts(c, m)
	n := &news{edge: c.Edge, down: newDownlink(c, m, client, kept), presence: newPresenceWatch(c, m, client.now), kept: kept}
	t.voice.settled = kept.isSettled
	if c.Edge || c.Broker.Slots > 1 {
		n.typing = newTypingWatch(c, m, t)
	}
	return n
}

// ready is nil when the event stream is open, and the broker knows the users where that is ours to see to.
func (n *news) ready() error { return errors.Join(n.down.ready(), n.kept.ready()) }

// run publishes until ctx ends, and then what it has until draining ends. An edge does not say how far it has come.
func (n *news) run(ctx, draining context.Context) {
	var acknowledging *task
	if !n.edge {
		acknowledging = start(context.WithoutCancel(ctx), n.down.acknowledge)
	}
	publishing := start(draining, n.down.window.run)
	watching := start(ctx, n.watch)
	keeping := start(ctx, n.kept.run)

	n.down.run(ctx)
	watching.wait()
	keeping.wait()
	n.down.window.close()
	publishing.wait()
	if n.edge {
		return
	}
	acknowledging.stop()
	if !lease.Lost(ctx) {
		n.down.acknowledgeNow(context.WithoutCancel(ctx))
	}
}

// watch publishes what has no cursor, until the context ends.
func (n *news) watch(ctx context.Context) {
	if n.typing != nil {
		defer start(ctx, n.typing.run).wait()
	}
	n.presence.run(ctx)
}
