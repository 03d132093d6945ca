package broker

import (
	"context"

	"github.com/mochi-mqtt/server/v2/packets"
)

// refusedFilter replaces filters that must not be subscribed to; the rules refuse it.
const refusedFilter = "refused"

// boundSubscribe keeps a SUBSCRIBE within the limits, before the rules see each filter.
func (b *Broker) boundSubscribe(s *session, pk *packets.Packet) {
	left := b.cfg.Limits.SubscriptionsPerSession - s.client.State.Subscriptions.Len()
	for i := range pk.Filters {
		f := &pk.Filters[i]
		f.Qos = min(f.Qos, 1)
		if _, again := s.client.State.Subscriptions.Get(f.Filter); again || s.gateway {
			continue
		}
		if left--; left < 0 {
			f.Filter = refusedFilter
		}
	}
}

// asking bounds the questions whether somebody may have something, of one subscription or of one message to many, by
// Limits.CheckTimeout. It costs nothing while nobody has to be asked.
type asking struct {
	b      *Broker
	ctx    context.Context //nolint:containedctx // it lives for one call
	cancel context.CancelFunc
}

func (b *Broker) asking() *asking { return &asking{b: b} }

func (a *asking) context() context.Context {
	if a.ctx == nil {
		a.ctx, a.cancel = context.WithTimeout(a.b.alive, a.b.cfg.Limits.CheckTimeout)
	}
	return a.ctx
}

func (a *asking) end() {
	if a.cancel != nil {
		a.cancel()
	}
}

// mayReadNow is mayRead for one question alone.
func (b *Broker) mayReadNow(s *session, name string) bool {
	a := b.asking()
	defer a.end()
	return b.mayRead(a, s, name)
}

// mayRead reports whether the session may subscribe to a filter, or receive what is published on a topic.
func (b *Broker) mayRead(a *asking, s *session, name string) bool {
	if s.gateway {
		return true
	}
	isMember := func(conversationID string) bool { return b.isMember(a, s, conversationID) }
	isSender := func(messageID string) bool { return b.isSender(a, s, messageID) }
	return s.rights.MayRead(name, isMember, isSender)
}

// mayDeliver is mayRead for a message on its way. A client's queue has a limit; what is beyond it is for sync.
func (b *Broker) mayDeliver(a *asking, s *session, name string) bool {
	if !s.gateway && s.client.State.Inflight.Len() >= b.cfg.Limits.Inflight {
		b.metrics.deliveriesDropped.WithLabelValues("inflight_full").Inc()
		return false
	}
	if !b.mayRead(a, s, name) {
		b.metrics.deliveriesDropped.WithLabelValues("not_allowed").Inc()
		return false
	}
	return true
}

func (b *Broker) isMember(a *asking, s *session, conversationID string) (ok bool) {
	defer b.rescue("membership", func() { ok = false })
	ok, err := b.cfg.Membership.MayAccess(a.context(), s.user.application, s.user.subject, conversationID)
	if err != nil {
		b.log.Debug("broker: membership unknown, refused", "conversation_id", conversationID, "error", err)
		return false
	}
	return ok
}

// isSender reports whether the session's user sent a message. Without anybody to ask, nobody did.
func (b *Broker) isSender(a *asking, s *session, messageID string) (ok bool) {
	if b.cfg.Senders == nil {
		return false
	}
	defer b.rescue("senders", func() { ok = false })
	ok, err := b.cfg.Senders.IsSender(a.context(), s.user.application, s.user.subject, messageID)
	if err != nil {
		b.log.Debug("broker: sender unknown, refused", "message_id", messageID, "error", err)
		return false
	}
	return ok
}
