package broker

import (
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"

	"github.com/palabre/palabre/gateway/mqtt/access"
	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

// clientIDSeparator stands between application, subject and client id. It is in none of the first two, so nobody can
// choose a client id that is another user's session.
const clientIDSeparator = "|"

// session is one client id of one user: connected, or kept with its subscriptions and queued messages for a while.
type session struct {
	id        string // application|subject|client id, mochi's name for it
	user      user
	principal auth.Principal
	prefix    string
	rights    access.Client // none for the gateway
	gateway   bool
	client    *mqtt.Client
	conn      *conn
	// receiveMaximum is how many unacknowledged QoS 1 messages an MQTT 5 client takes; 0 when it set no limit.
	receiveMaximum int
	// takenID is the packet id of the packet being processed, and standInID what mochi sees instead. They belong to the
	// goroutine that reads.
	takenID, standInID uint16
	// outstanding are its uplinks without PUBACK, and inherited those of the connection before it.
	outstanding outstanding
	inherited   []*uplink
	paces       paces // of the goroutine that reads
	// ended is closed when the connection is over and its state settled.
	ended chan struct{}
	// expiry tells of the end of its token, and later ends the connection; nil when it cannot expire.
	expiry *time.Timer
	// subscribing is set while a SUBSCRIBE is being checked; see (*hook).OnSubscribe.
	subscribing atomic.Bool
	// forget drops the session at the end of its connection, whatever the client asked for.
	forget atomic.Bool

	// Of sessions.mu.
	live bool
	// takeovers is how many sessions in a row were taken over soon after they began, up to this one, which may be from
	// yields on.
	takeovers     int
	began, yields time.Time
	before        *session // of the same client id, until begin is done with it
	endedAt       time.Time
}

// version is that of MQTT: 4 for 3.1.1, or 5.
func (s *session) version() byte { return s.client.Properties.ProtocolVersion }

// user names a person or visitor across applications.
type user struct{ application, subject string }

// own is a topic of the session's user.
func (s *session) own(kind topic.Kind) string {
	return topic.Topic{Prefix: s.prefix, Kind: kind, ID: s.user.subject}.String()
}

// subscribed reports whether the session receives what is published on a topic of its user.
func (s *session) subscribed(own string) bool {
	_, exact := s.client.State.Subscriptions.Get(own)
	_, every := s.client.State.Subscriptions.Get(topic.Filter{
		Topic: topic.Topic{Prefix: s.prefix, ID: s.user.subject},
	}.String())
	return exact || every
}

// keeps reports whether the client asked for its session to outlive the connection. Mochi has the same rule.
func keeps(cl *mqtt.Client) bool {
	if cl.Properties.ProtocolVersion >= 5 {
		return cl.Properties.Props.SessionExpiryInterval > 0
	}
	return !cl.Properties.Clean
}
