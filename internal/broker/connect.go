package broker

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/gateway/mqtt/access"
	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

// refusal of a CONNECT: the answer, and the reason to count.
type connectRefusal struct {
	code   packets.Code
	reason string
}

// connect decides a CONNECT. On success the client has a session, under an id nobody else can have.
func (b *Broker) connect(cl *mqtt.Client, pk packets.Packet) packets.Code {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return packets.ErrServerUnavailable
	}
	ctx, cancel := context.WithTimeout(b.alive, b.cfg.Limits.CheckTimeout)
	defer cancel()
	s, refused := b.identify(ctx, c, pk)
	if refused == nil {
		s.client, s.conn, s.ended = cl, c, make(chan struct{})
		refused = bindConnect(s, cl, pk)
	}
	if refused == nil {
		refused = b.begin(ctx, s)
	}
	if refused != nil {
		c.refused = refused.reason
		return refused.told()
	}
	return packets.CodeSuccess
}

// told is the answer with a reason string for MQTT 5 clients [MQTT-3.2.2-19], which says what to do about it.
func (r connectRefusal) told() packets.Code {
	if text, ok := whyRefused[r.reason]; ok {
		return saying(r.code, text)
	}
	return r.code
}

// whyRefused are the reason strings. That of a wrong password does not say what is wrong with it.
var whyRefused = map[string]string{
	"authentication_method":        "there is no authentication by AUTH: connect with the user id and a token",
	"credentials":                  "the password is not a valid token: get a new one",
	string(access.RefusedUsername): "the user name is not the user id of the token",
	string(access.RefusedExpired):  "the token has ended: get a new one",
	"client_id":                    fmt.Sprintf("the client id is longer than %d bytes", maxClientID),
	"will":                         fmt.Sprintf("a will is a presence of your own, not retained, of at most %d bytes", MaxWillPayload),
	"user_rate":                    "this user connects too often: wait some seconds",
	"user_limit":                   "this user has too many devices connected",
	"takeover_loop":                "another connection has this client id, and it was taken too often: each device needs an id of its own",
	"takeover":                     "the session of this client id is still being ended: try again",
	"unavailable":                  "who you are cannot be checked at the moment: keep the token and try again",
}

// identify proves who connects.
func (b *Broker) identify(ctx context.Context, c *conn, pk packets.Packet) (*session, *connectRefusal) {
	username, password := string(pk.Connect.Username), string(pk.Connect.Password)
	switch {
	case pk.Properties.AuthenticationMethod != "":
		return nil, &connectRefusal{packets.ErrBadAuthenticationMethod, "authentication_method"}
	case (c.transport == transportMemory) != (username == GatewayUsername):
		return nil, &connectRefusal{packets.ErrNotAuthorized, "username"}
	case username == GatewayUsername:
		if subtle.ConstantTimeCompare([]byte(password), []byte(b.gatewayPassword)) != 1 {
			return nil, &connectRefusal{packets.ErrBadUsernameOrPassword, "credentials"}
		}
		return &session{gateway: true, user: user{subject: GatewayUsername}}, nil
	case username == "" || password == "":
		return nil, &connectRefusal{packets.ErrBadUsernameOrPassword, "credentials"}
	}
	p, err := b.cfg.Authenticator.Token(ctx, password)
	switch {
	case errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil:
		return nil, &connectRefusal{packets.ErrServerUnavailable, "unavailable"}
	case err != nil:
		return nil, &connectRefusal{packets.ErrBadUsernameOrPassword, "credentials"}
	}
	return b.sessionFor(p, username)
}

// sessionFor makes the session of a proven principal, which must be the one that the username names.
func (b *Broker) sessionFor(p auth.Principal, username string) (*session, *connectRefusal) {
	rights, refusal := access.Admit(p, username, b.cfg.Prefixes, time.Now())
	if refusal != "" {
		return nil, &connectRefusal{packets.ErrNotAuthorized, string(refusal)}
	}
	return &session{user: user{p.ApplicationID, p.Subject()}, principal: p, prefix: rights.Prefix, rights: rights}, nil
}

// bindConnect holds what the CONNECT asks for to what the session may have.
func bindConnect(s *session, cl *mqtt.Client, pk packets.Packet) *connectRefusal {
	if len(cl.ID) > maxClientID {
		return &connectRefusal{packets.ErrClientIdentifierNotValid, "client_id"}
	}
	if pk.Connect.WillFlag && !mayWill(s, cl.Properties.Will) {
		return &connectRefusal{packets.ErrNotAuthorized, "will"}
	}
	cl.Properties.Will.User = nil
	cl.Properties.Will.Qos = 0 // which needs no packet id towards the gateway; see firstUplinkID
	cl.Properties.Will.WillDelayInterval = min(cl.Properties.Will.WillDelayInterval, maxWillDelay)

	s.id = s.user.application + clientIDSeparator + s.user.subject + clientIDSeparator + cl.ID
	cl.ID = s.id
	if asked := cl.State.Keepalive; asked == 0 || asked > MaxKeepAlive {
		cl.State.Keepalive, cl.State.ServerKeepalive = MaxKeepAlive, true // [MQTT-3.1.2-21]
	}

	// Mochi's own flow control may deadlock with a publisher (Inflight.NextImmediate locks twice), and an alias would
	// hide the topic of a queued message from Revoke. Without either, see withinReceiveMaximum.
	s.receiveMaximum = int(pk.Properties.ReceiveMaximum)
	cl.Properties.Props.ReceiveMaximum = 0
	cl.State.Inflight.ResetSendQuota(0)
	cl.Properties.Props.TopicAliasMaximum = 0
	return nil
}

// mayWill reports whether a session may leave this will: its own presence, small and not retained.
func mayWill(s *session, will mqtt.Will) bool {
	t, err := topic.Parse(will.TopicName)
	return err == nil && t.Kind == topic.UplinkPresence && s.rights.Owns(t) &&
		!will.Retain && will.Qos <= 1 && len(will.Payload) <= MaxWillPayload
}

// begin makes s the session of its client id.
func (b *Broker) begin(ctx context.Context, s *session) *connectRefusal {
	if !s.gateway && !b.connectsByUser.of(s.user).Allow() {
		return &connectRefusal{packets.ErrConnectionRateExceeded, "user_rate"}
	}
	evicted, err := b.sessions.admit(ctx, s, func(before *session) {
		b.disconnect(before, packets.ErrSessionTakenOver) // [MQTT-3.1.4-3]
	})
	for _, old := range evicted {
		b.drop(old)
	}
	switch {
	case errors.Is(err, errUserLimit):
		return &connectRefusal{packets.ErrQuotaExceeded, "user_limit"}
	case errors.Is(err, errTakeoverLoop):
		return &connectRefusal{packets.ErrConnectionRateExceeded, "takeover_loop"}
	case err != nil:
		return &connectRefusal{packets.ErrServerBusy, "takeover"}
	}
	if before := s.before; before != nil {
		s.before = nil
		if !s.client.Properties.Clean {
			b.uplinks.inherit(s, before)
		}
	}
	s.conn.session.Store(s)
	b.connected(s, true)
	if before, ok := b.server.Clients.Get(s.id); ok {
		b.purge(before, b.unreadable(s)) //nolint:contextcheck // deliveries have no context either; asking makes one
	}
	b.watchToken(s)
	return nil
}

// connected tells of a client that has come or gone, unless it is the gateway.
func (b *Broker) connected(s *session, connected bool) {
	if b.cfg.OnConnection == nil || s.gateway {
		return
	}
	clientID := s.id[len(s.user.application)+len(s.user.subject)+2*len(clientIDSeparator):]
	b.cfg.OnConnection(s.user.application, s.user.subject, clientID, connected)
}

// unreadable matches the queued packets that a resumed session must not get. Mochi sends them without asking again, and
// gives up on the connection when one is larger than the client takes. An answer that the last connection did not take
// has a stand-in for its packet id.
func (b *Broker) unreadable(s *session) func(packets.Packet) bool {
	const overhead = 32 // of header, packet id and properties
	limit := int(s.client.Properties.Props.MaximumPacketSize)
	may := map[string]bool{}
	return func(pk packets.Packet) bool {
		if pk.FixedHeader.Type != packets.Publish || limit > 0 && len(pk.TopicName)+len(pk.Payload)+overhead > limit {
			return true
		}
		ok, known := may[pk.TopicName]
		if !known {
			ok = b.mayReadNow(s, pk.TopicName)
			may[pk.TopicName] = ok
		}
		return !ok
	}
}
