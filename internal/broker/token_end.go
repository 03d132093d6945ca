package broker

import (
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// expiryNotice is how long before the end of its token a session is told, so that it can connect again with another; half of
// what is left when that is shorter.
const expiryNotice = time.Minute

// watchToken ends the session with its token, and tells it some time before.
func (b *Broker) watchToken(s *session) {
	at := s.principal.ExpiresAt
	if at.IsZero() {
		return
	}
	left := time.Until(at)
	s.expiry = time.AfterFunc(left-min(expiryNotice, left/2), func() {
		b.warn(s)
		time.AfterFunc(time.Until(at), func() { b.expire(s) })
	})
}

func (b *Broker) warn(s *session) {
	defer b.rescue("token expiry", nil)
	if !s.over() {
		b.notify(s, tokenNotice("token.expiring", s.principal.ExpiresAt))
	}
}

// expire ends the connection of s because its token is over. Other sessions of the user may have a newer token.
func (b *Broker) expire(s *session) {
	defer b.rescue("token expiry", nil)
	if s.over() {
		return
	}
	b.metrics.cut.WithLabelValues("token_expired").Inc()
	b.notify(s, tokenNotice("token.expired", s.principal.ExpiresAt))
	b.disconnect(s, packets.ErrMaxConnectTime)
}

// over says whether the connection of s is over, and its state settled.
func (s *session) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// notify tells a session on its acks what becomes of its token, at QoS 0: it is about to end.
func (b *Broker) notify(s *session, notice []byte) {
	acks := s.own(topic.DownlinkAcks)
	if s.subscribed(acks) {
		_, _ = s.conn.Write(publishFrame{name: acks, payload: notice}.encode(s.version(), 0)) // to a client that may be gone
	}
}
