package broker

import (
	"math"
	"strings"
	"sync/atomic"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// refusedTopic stands for names like $SYS/…, which mochi drops before it asks and without answering; the rules refuse it.
const refusedTopic = "refused"

// vetPacket answers a code other than CodeSuccess for a packet that must end the connection.
func (b *Broker) vetPacket(s *session, pk *packets.Packet) packets.Code {
	switch pk.FixedHeader.Type {
	case packets.Publish:
		if pk.FixedHeader.Qos > 1 {
			// Mochi would lower the QoS and answer with a PUBACK, which no QoS 2 sender expects.
			return b.cut("qos2", packets.ErrQosNotSupported)
		}
		if strings.HasPrefix(pk.TopicName, "$") {
			pk.TopicName = refusedTopic
		}
		s.takeID(pk)
	case packets.Subscribe, packets.Unsubscribe:
		s.takeID(pk)
	case packets.Puback:
		if s.gateway {
			b.uplinks.settled(s, pk.PacketID)
		}
	case packets.Pubrec, packets.Pubrel, packets.Pubcomp, packets.Auth:
		return b.cut("protocol", packets.ErrProtocolViolation)
	case packets.Disconnect:
		// A session may be prolonged by the DISCONNECT, but not beyond the limit [MQTT-3.14.2.2.2].
		pk.Properties.SessionExpiryInterval = min(
			pk.Properties.SessionExpiryInterval, uint32(b.cfg.Limits.SessionExpiry.Seconds()))
	case packets.Pingreq:
		// A session that mochi lost gets nothing any more. Its client cannot know, and must connect again.
		if known, ok := b.server.Clients.Get(s.id); !ok || known != s.client {
			return b.cut("lost", packets.ErrUnspecifiedError)
		}
	}
	return packets.CodeSuccess
}

// takeID replaces the packet id of a client by one that mochi does not use towards that client; giveID undoes it in the
// answer, which comes before the next packet is read. The two directions have ids of their own [MQTT-2.3.1], but mochi
// keeps one table: it refuses a SUBSCRIBE and forgets a queued message whose ids are the same.
func (s *session) takeID(pk *packets.Packet) {
	if pk.PacketID == 0 {
		return // QoS 0, or a mistake that mochi finds
	}
	free := uint16(math.MaxUint16) // mochi counts from 1, and has fewer messages in flight than there are ids
	for _, used := s.client.State.Inflight.Get(free); used; _, used = s.client.State.Inflight.Get(free) {
		free--
	}
	s.takenID, s.standInID = pk.PacketID, free
	pk.PacketID = free
}

func (s *session) giveID(pk packets.Packet) packets.Packet {
	if s.standInID != 0 && pk.PacketID == s.standInID {
		pk.PacketID = s.takenID
	}
	return pk
}

func (b *Broker) cut(reason string, code packets.Code) packets.Code {
	b.metrics.cut.WithLabelValues(reason).Inc()
	return code
}

// connack tells an MQTT 5 client what is not available here, and gives a 3.1.1 client only codes that it knows.
func connack(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	switch {
	case cl.Properties.ProtocolVersion < 5:
		pk.ReasonCode = returnCode(pk.ReasonCode)
	case pk.ReasonCode == packets.CodeSuccess.Code:
		pk.Properties.RetainAvailable, pk.Properties.RetainAvailableFlag = 0, true
		pk.Properties.SharedSubAvailable, pk.Properties.SharedSubAvailableFlag = 0, true
		pk.Properties.MaximumPacketSize = MaxUplinkPacket
	}
	return pk
}

// returnCode is the 3.1.1 CONNACK return code for an MQTT 5 reason code [MQTT-3.2.2-5 in 3.1.1].
func returnCode(reason byte) byte {
	switch reason {
	case packets.ErrUnsupportedProtocolVersion.Code:
		return packets.Err3UnsupportedProtocolVersion.Code
	case packets.ErrClientIdentifierNotValid.Code:
		return packets.Err3ClientIdentifierNotValid.Code
	case packets.ErrServerUnavailable.Code, packets.ErrServerBusy.Code, packets.ErrQuotaExceeded.Code,
		packets.ErrConnectionRateExceeded.Code:
		return packets.Err3ServerUnavailable.Code
	}
	if reason < packets.ErrUnspecifiedError.Code {
		return reason
	}
	return packets.Err3NotAuthorized.Code
}

// withinReceiveMaximum keeps to the number of unacknowledged messages an MQTT 5 client takes [MQTT-3.3.4-9]: what comes
// beyond it is sent at QoS 0, which needs no acknowledgement.
func (b *Broker) withinReceiveMaximum(s *session, pk packets.Packet) packets.Packet {
	inflight := s.client.State.Inflight
	if s.receiveMaximum == 0 || pk.FixedHeader.Qos == 0 || inflight.Len() <= s.receiveMaximum {
		return pk
	}
	if inflight.Delete(pk.PacketID) {
		atomic.AddInt64(&b.server.Info.Inflight, -1)
	}
	pk.FixedHeader.Qos, pk.FixedHeader.Dup, pk.PacketID = 0, false, 0
	return pk
}
