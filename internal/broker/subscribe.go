package broker

import (
	"context"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
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

// mayRead reports whether the session may subscribe to a filter, or receive what is published on a topic, which are the
// same question: a topic is a filter, and the filters that are none cover the user's own topics, and what admins may read.
func (b *Broker) mayRead(s *session, name string) bool {
	if s.gateway {
		return true
	}
	f, err := topic.ParseFilter(name)
	if err != nil || f.Topic.Prefix != s.prefix {
		return false
	}
	if f.EveryOfUser() {
		return f.Topic.ID == s.user.subject
	}
	switch f.Topic.Kind {
	case topic.DownlinkMessages, topic.DownlinkAcks:
		return s.owns(f.Topic)
	case topic.DownlinkAnnouncement:
		return s.principal.Kind == auth.KindUser
	case topic.DownlinkModeration:
		return s.principal.IsAdmin() || !f.EveryModeration() && b.isSender(s, f.Topic.ID)
	case topic.DownlinkConversation:
		return s.principal.Kind == auth.KindUser && b.isMember(s, f.Topic.ID)
	case topic.DownlinkTyping:
		return s.opens(f.Topic.ID) && b.isMember(s, f.Topic.ID)
	}
	return false
}

// mayDeliver is mayRead for a message on its way. A client's queue has a limit; what is beyond it is for sync.
func (b *Broker) mayDeliver(s *session, name string) bool {
	if !s.gateway && s.client.State.Inflight.Len() >= b.cfg.Limits.Inflight {
		b.metrics.deliveriesDropped.WithLabelValues("inflight_full").Inc()
		return false
	}
	if !b.mayRead(s, name) {
		b.metrics.deliveriesDropped.WithLabelValues("not_allowed").Inc()
		return false
	}
	return true
}

func (b *Broker) isMember(s *session, conversationID string) (ok bool) {
	defer b.rescue("membership", func() { ok = false })
	ctx, cancel := context.WithTimeout(b.alive, b.cfg.Limits.CheckTimeout)
	defer cancel()
	ok, err := b.cfg.Membership.MayAccess(ctx, s.user.application, s.user.subject, conversationID)
	if err != nil {
		b.log.Debug("broker: membership unknown, refused", "conversation_id", conversationID, "error", err)
		return false
	}
	return ok
}

// isSender reports whether the session's user sent a message. Without anybody to ask, nobody did.
func (b *Broker) isSender(s *session, messageID string) (ok bool) {
	if b.cfg.Senders == nil {
		return false
	}
	defer b.rescue("senders", func() { ok = false })
	ctx, cancel := context.WithTimeout(b.alive, b.cfg.Limits.CheckTimeout)
	defer cancel()
	ok, err := b.cfg.Senders.IsSender(ctx, s.user.application, s.user.subject, messageID)
	if err != nil {
		b.log.Debug("broker: sender unknown, refused", "message_id", messageID, "error", err)
		return false
	}
	return ok
}
