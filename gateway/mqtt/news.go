package mqttgw

import "context"

// news is what the service has to tell people, as one gateway publishes it: the events, and what passes beside them.
type news struct {
	edge     bool
	down     *downlink
	presence *presenceWatch
	typing   *typingWatch // nil where nobody else hears of typing
}

func newNews(c Config, m *metrics, client *client, t *typing) *news {
	n := &news{edge: c.Edge, down: newDownlink(c, m, client), presence: newPresenceWatch(c, m, client.now)}
	if c.Edge || c.Broker.Slots > 1 {
		n.typing = newTypingWatch(c, m, t)
	}
	return n
}

// run publishes until ctx ends, and then what it has until draining ends. An edge does not say how far it has come.
func (n *news) run(ctx, draining context.Context) {
	var acknowledging *task
	if !n.edge {
		acknowledging = start(context.WithoutCancel(ctx), n.down.acknowledge)
	}
	publishing := start(draining, n.down.window.run)
	watching := start(ctx, n.watch)

	n.down.run(ctx)
	watching.wait()
	n.down.window.close()
	publishing.wait()
	if n.edge {
		return
	}
	acknowledging.stop()
	if !lostLease(ctx) {
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
