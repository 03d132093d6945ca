package broker

import (
	"runtime/debug"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook is where mochi asks for our rules. Each method recovers from panics and then refuses; the rules themselves are
// in connect.go, publish.go and subscribe.go.
type hook struct {
	mqtt.HookBase
	b *Broker
}

// ID implements mqtt.Hook.
func (h *hook) ID() string { return "palabre" }

// Provides implements mqtt.Hook.
func (h *hook) Provides(event byte) bool {
	switch event {
	case mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPacketRead, mqtt.OnPacketEncode, mqtt.OnPacketSent,
		mqtt.OnSubscribe, mqtt.OnSubscribed, mqtt.OnUnsubscribed, mqtt.OnPublish, mqtt.OnPublishDropped, mqtt.OnWill, mqtt.OnClientExpired:
		return true
	}
	return false
}

// sessionOf answers the session of a client that has passed OnConnect, and nil for any other.
func sessionOf(cl *mqtt.Client) *session {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return nil
	}
	return c.session.Load()
}

// OnConnect authenticates the CONNECT and answers it when it is refused; mochi answers when it is not.
func (h *hook) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	code := h.connect(cl, pk)
	if code == packets.CodeSuccess {
		return nil
	}
	if err := h.b.server.SendConnack(cl, code, false, nil); err != nil {
		return err
	}
	return code
}

func (h *hook) connect(cl *mqtt.Client, pk packets.Packet) (code packets.Code) {
	defer h.b.rescue("connect", func() { code = packets.ErrServerUnavailable })
	return h.b.connect(cl, pk)
}

// OnConnectAuthenticate implements mqtt.Hook; OnConnect has done the work.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, _ packets.Packet) bool {
	return sessionOf(cl) != nil
}

// OnPacketRead closes the connection on packets that no client has a reason to send.
func (h *hook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (out packets.Packet, err error) {
	defer h.b.rescue("read", func() { out, err = pk, packets.ErrRejectPacket })
	s := sessionOf(cl)
	if s == nil {
		return pk, nil // the CONNECT
	}
	switch code := h.b.vetPacket(s, &pk); code {
	case packets.CodeSuccess:
		return pk, nil
	default:
		h.b.disconnect(s, code)
		return pk, packets.ErrRejectPacket
	}
}

// OnSubscribe implements mqtt.Hook. OnACLCheck, which comes next for each filter, cannot tell a subscription from a
// delivery; the mark keeps a session from being refused a subscription because its queue is full.
func (h *hook) OnSubscribe(cl *mqtt.Client, pk packets.Packet) (out packets.Packet) {
	defer h.b.rescue("subscribe", func() {
		for i := range pk.Filters {
			pk.Filters[i].Filter = refusedFilter
		}
		out = pk
	})
	if s := sessionOf(cl); s != nil {
		s.subscribing.Store(true)
		h.b.boundSubscribe(s, &pk)
	}
	return pk
}

// OnSubscribed implements mqtt.Hook.
func (h *hook) OnSubscribed(cl *mqtt.Client, _ packets.Packet, reasonCodes []byte) {
	h.b.subscribers.changed()
	s := sessionOf(cl)
	if s == nil {
		return
	}
	s.subscribing.Store(false)
	for _, code := range reasonCodes {
		if code >= packets.ErrUnspecifiedError.Code {
			h.b.metrics.subscribesRefused.Inc()
		}
	}
}

// OnUnsubscribed implements mqtt.Hook.
func (h *hook) OnUnsubscribed(*mqtt.Client, packets.Packet) { h.b.subscribers.changed() }

// OnPacketSent tells when the gateway knows that it has subscribed.
func (h *hook) OnPacketSent(cl *mqtt.Client, pk packets.Packet, _ []byte) {
	if pk.FixedHeader.Type != packets.Suback {
		return
	}
	if s := sessionOf(cl); s != nil && s.gateway {
		h.b.arriveUnlinked(s)
	}
}

// OnACLCheck is asked before a filter is subscribed to, and before a message is delivered. Publishing is OnPublish's:
// when this refuses it, mochi disconnects a 3.1.1 client.
func (h *hook) OnACLCheck(cl *mqtt.Client, name string, write bool) (ok bool) {
	defer h.b.rescue("acl", func() { ok = false })
	s := sessionOf(cl)
	if s == nil || write {
		return s != nil
	}
	asking := h.b.asking()
	defer asking.end()
	if s.subscribing.Load() {
		return h.b.mayRead(asking, s, name)
	}
	return h.b.mayDeliver(asking, s, name)
}

// OnPublish refuses, or binds what a client publishes to who it is and hands it on. Mochi has no part in that: to all but a
// refusal the answer is ErrRejectPacket, by which it does nothing more. To a refusal CodeSuccessIgnore makes it acknowledge;
// a code is for MQTT 5 at QoS 1 alone.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (out packets.Packet, err error) {
	defer h.b.rescue("publish", func() { out, err = pk, packets.CodeSuccessIgnore })
	s := sessionOf(cl)
	if s == nil {
		return pk, packets.CodeSuccessIgnore
	}
	if s.gateway {
		h.b.deliver(pk.TopicName, pk.Payload, pk.FixedHeader.Qos)
		if pk.FixedHeader.Qos > 0 {
			_, _ = s.conn.Write(pubackFrame(s.takenID)) // if it is gone, it publishes again
		}
		return pk, packets.ErrRejectPacket
	}
	h.b.pace(s)
	if r := h.b.vetPublish(s, &pk); r != nil {
		h.b.dropPublish(s, r)
		if cl.Properties.ProtocolVersion == 5 && pk.FixedHeader.Qos > 0 {
			return pk, r.code
		}
		return pk, packets.CodeSuccessIgnore
	}
	h.b.forward(s, pk)
	return pk, packets.ErrRejectPacket
}

// OnPublishDropped implements mqtt.Hook. Only delayed wills go the way on which this may happen.
func (h *hook) OnPublishDropped(*mqtt.Client, packets.Packet) {
	h.b.metrics.deliveriesDropped.WithLabelValues("queue_full").Inc()
}

// OnWill checks the will again when it is due, and hands it on unless it is a delayed one. Mochi publishes what this answers,
// whatever it is; a will without a topic nobody receives.
func (h *hook) OnWill(cl *mqtt.Client, will mqtt.Will) (out mqtt.Will, err error) {
	defer h.b.rescue("will", func() { out, err = mqtt.Will{}, nil })
	s := sessionOf(cl)
	switch {
	case s == nil || !mayWill(s, will):
		return mqtt.Will{}, nil
	case will.WillDelayInterval > 0:
		return will, nil
	}
	if !h.b.uplinks.offer(will.TopicName, will.Payload) {
		h.b.metrics.publishesDropped.WithLabelValues("saturated").Inc()
	}
	return mqtt.Will{}, nil
}

// OnPacketEncode implements mqtt.Hook.
func (h *hook) OnPacketEncode(cl *mqtt.Client, pk packets.Packet) (out packets.Packet) {
	defer h.b.rescue("encode", func() { out = pk })
	if pk.FixedHeader.Type == packets.Connack {
		return connack(cl, pk)
	}
	s := sessionOf(cl)
	if s == nil {
		return pk
	}
	switch pk.FixedHeader.Type {
	case packets.Publish:
		return h.b.withinReceiveMaximum(s, pk)
	case packets.Puback, packets.Suback, packets.Unsuback:
		return s.giveID(pk)
	}
	return pk
}

// OnClientExpired forgets what mochi forgets. Mochi leaves the subscriptions behind.
func (h *hook) OnClientExpired(cl *mqtt.Client) {
	defer h.b.rescue("expire", nil)
	if s := sessionOf(cl); s != nil {
		h.b.drop(s)
		h.b.sessions.remove(s)
	}
}

// rescue is deferred: it counts a panic, and calls deny after it, if not nil.
func (b *Broker) rescue(where string, deny func()) {
	r := recover()
	if r == nil {
		return
	}
	b.metrics.panics.Inc()
	// A client can provoke the one that mochi has, as often as it likes.
	b.panicLog.Do(func() {
		b.log.Error("broker: panic", "where", where, "panic", r, "stack", string(debug.Stack()))
	})
	if deny != nil {
		deny()
	}
}
