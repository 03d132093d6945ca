package broker

import (
	"strings"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

// Connected reports whether the user has a connection now.
func (b *Broker) Connected(applicationID, subject string) bool {
	live, _ := b.sessions.of(user{applicationID, subject})
	return len(live) > 0
}

// ConnectedUser is a user with a connection.
type ConnectedUser struct {
	ApplicationID, UserID string
	// ExpiresAt is the end of the newest of their tokens; zero when it has none.
	ExpiresAt time.Time
}

// Users answers those who are connected; visitors and the gateway are none.
func (b *Broker) Users() []ConnectedUser { return b.sessions.users() }

// Revoke ends the user's subscriptions to a conversation and to its typing, in all sessions, and drops what is queued of
// them. Membership should deny by now: it decides on what is published from here on.
func (b *Broker) Revoke(applicationID, subject, conversationID string) {
	live, kept := b.sessions.of(user{applicationID, subject})
	for _, s := range append(live, kept...) {
		for _, kind := range []topic.Kind{topic.DownlinkConversation, topic.DownlinkTyping} {
			b.unsubscribe(s, topic.Topic{Prefix: s.prefix, Kind: kind, ID: conversationID}.String())
		}
	}
}

// Remove is for one who has left a conversation. A user's subscriptions to it end; a visitor, who has no other and whose
// token is worth nothing from then on, is told so and sent away. Membership should deny by now.
func (b *Broker) Remove(applicationID, subject, conversationID string) {
	if !strings.HasPrefix(subject, auth.AnonymousPrefix) {
		b.Revoke(applicationID, subject, conversationID)
		return
	}
	b.End(applicationID, subject)
}

// End is for one whose token is worth nothing any more: all sessions are told so, ended and forgotten.
func (b *Broker) End(applicationID, subject string) {
	live, _ := b.sessions.of(user{applicationID, subject})
	for _, s := range live {
		b.metrics.cut.WithLabelValues("token_revoked").Inc()
		b.notify(s, tokenNotice("token.revoked", time.Now()))
	}
	b.Disconnect(applicationID, subject)
}

// Disconnect ends all connections of the user and forgets all its sessions.
func (b *Broker) Disconnect(applicationID, subject string) {
	live, kept := b.sessions.of(user{applicationID, subject})
	for _, s := range live {
		s.forget.Store(true)
		b.disconnect(s, packets.ErrAdministrativeAction)
	}
	for _, s := range kept {
		b.drop(s)
		b.sessions.remove(s)
	}
}

func (b *Broker) unsubscribe(s *session, name string) {
	// While s is taking over, this is the client before it, whose state it is about to inherit.
	cl, ok := b.server.Clients.Get(s.id)
	if !ok {
		return
	}
	if b.server.Topics.Unsubscribe(name, s.id) {
		atomic.AddInt64(&b.server.Info.Subscriptions, -1)
	}
	b.subscribers.changed()
	cl.State.Subscriptions.Delete(name)
	b.purge(cl, func(pk packets.Packet) bool { return pk.TopicName == name })
}

// purge drops the queued packets that match.
func (b *Broker) purge(cl *mqtt.Client, match func(packets.Packet) bool) {
	for _, pk := range cl.State.Inflight.GetAll(false) {
		if match(pk) && cl.State.Inflight.Delete(pk.PacketID) {
			atomic.AddInt64(&b.server.Info.Inflight, -1)
		}
	}
}

// drop takes everything of s out of mochi.
func (b *Broker) drop(s *session) {
	s.client.ClearInflights()
	if known, ok := b.server.Clients.Get(s.id); ok && known != s.client {
		return // it was taken over; the subscriptions are the new session's
	}
	b.server.UnsubscribeClient(s.client)
	b.server.Clients.Delete(s.id)
}

// disconnect ends the connection of s; an MQTT 5 client is told why.
func (b *Broker) disconnect(s *session, code packets.Code) {
	if s.client.Properties.ProtocolVersion < 5 {
		s.client.Stop(code)
		return
	}
	_ = b.server.DisconnectClient(s.client, code) // it returns the code
}

// shutDown ends a connection, whether it has a session yet or not.
func (b *Broker) shutDown(c *conn) {
	if s := c.session.Load(); s != nil {
		b.disconnect(s, packets.ErrServerShuttingDown)
	}
	_ = c.Close()
}
