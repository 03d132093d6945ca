package broker

import (
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// deliver hands a message of the gateway, or of the broker itself, to those who have subscribed. Mochi would do it by a
// queue and a goroutine for each of them, and drop what does not fit into the queue; a conn takes it without waiting.
//
// It returns when everybody has it, so that the gateway's PUBACK, which comes after it, says so.
func (b *Broker) deliver(name string, payload []byte, qos byte) {
	frames := &downlink{name: name, payload: payload, created: time.Now().Unix()}
	asking := b.asking()
	defer asking.end()
	for _, sub := range b.subscribers.of(name) {
		cl, ok := b.server.Clients.Get(sub.clientID)
		if !ok {
			continue
		}
		if s := sessionOf(cl); s != nil && b.mayDeliver(asking, s, name) {
			b.deliverTo(s, frames, min(qos, sub.qos, 1), sub.identifiers)
		}
	}
}

// downlink is a message that goes to many.
type downlink struct {
	name    string
	payload []byte
	created int64
	buffer  []byte // of the frame written last
}

func (b *Broker) deliverTo(s *session, m *downlink, qos byte, identifiers map[string]int) {
	cl := s.client
	frame := publishFrame{name: m.name, payload: m.payload, qos: qos}
	limit := int(cl.Properties.Props.MaximumPacketSize)
	if limit > 0 && frame.remaining(s.version())+maxHeader > limit {
		b.metrics.deliveriesDropped.WithLabelValues("packet_too_large").Inc() // [MQTT-3.1.2-24]
		return
	}
	if frame.qos > 0 && s.receiveMaximum > 0 && cl.State.Inflight.Len() >= s.receiveMaximum {
		// What is beyond the number that the client takes [MQTT-3.3.4-9] is sent at QoS 0, which needs no acknowledgement.
		frame.qos = 0
	}
	var id uint16
	if frame.qos > 0 {
		var ok bool
		if id, ok = b.keep(cl, m, frame.qos); !ok {
			return
		}
	}
	if cl.Closed() {
		return
	}
	if pk := identified(m, frame.qos, id, identifiers); pk != nil { // rare: mochi writes the properties
		_ = cl.WritePacket(*pk)
		return
	}
	m.buffer = frame.appendTo(m.buffer[:0], s.version(), id)
	_, _ = s.conn.Write(m.buffer) // what it does not take is in flight, for the next connection
}

// maxHeader is the most that precedes what remaining counts.
const maxHeader = 5

// keep puts a message among those in flight, until the client acknowledges it.
func (b *Broker) keep(cl *mqtt.Client, m *downlink, qos byte) (id uint16, ok bool) {
	next, err := cl.NextPacketID()
	if err != nil {
		b.metrics.deliveriesDropped.WithLabelValues("no_packet_id").Inc()
		return 0, false
	}
	if cl.State.Inflight.Set(m.packet(qos, uint16(next))) {
		atomic.AddInt64(&b.server.Info.Inflight, 1)
	}
	return uint16(next), true
}

func (m *downlink) packet(qos byte, id uint16) packets.Packet {
	return packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos},
		TopicName:   m.name, Payload: m.payload, PacketID: id, Created: m.created,
	}
}

// identified is a PUBLISH that names the subscriptions by which an MQTT 5 client gets it [MQTT-3.3.4-3]; nil when these have
// no names.
func identified(m *downlink, qos byte, id uint16, identifiers map[string]int) *packets.Packet {
	var names []int
	for _, identifier := range identifiers {
		if identifier > 0 {
			names = append(names, identifier)
		}
	}
	if len(names) == 0 {
		return nil
	}
	pk := m.packet(qos, id)
	pk.Properties.SubscriptionIdentifier = names
	return &pk
}
