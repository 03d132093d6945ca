package broker

import (
	"bytes"
	"encoding/json"

	"github.com/mochi-mqtt/server/v2/packets"
	"google.golang.org/grpc/codes"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

// publishRefusal says why a PUBLISH is not forwarded.
type publishRefusal struct {
	metric string
	code   packets.Code // for MQTT 5, with a reason string
	answer []byte       // published on the sender's acks, unless nil
}

// vetPublish binds a PUBLISH to the session, or answers why it is not forwarded. Properties of MQTT 5 stay behind: nothing
// there concerns the gateway.
func (b *Broker) vetPublish(s *session, pk *packets.Packet) *publishRefusal {
	t, err := topic.Parse(pk.TopicName)
	if err != nil || !s.rights.MayPublish(t) {
		return &publishRefusal{metric: "forbidden_topic", code: saying(packets.ErrNotAuthorized, "this is no topic that you may publish on")}
	}
	switch {
	case pk.FixedHeader.Retain:
		return &publishRefusal{"retained", saying(packets.ErrNotAuthorized, "messages here are not retained"), refuseUplink(t, pk.Payload, uplinkError{
			codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT, "Messages here are not retained.", "retain",
		})}
	case len(pk.Payload) > MaxUplinkPayload:
		return &publishRefusal{"payload_too_large", saying(packets.ErrImplementationSpecificError, "the payload is over 16 KiB"), refuseUplink(t, pk.Payload,
			uplinkError{codes.InvalidArgument, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE, "The payload is over 16 KiB.", ""})}
	case t.Kind == topic.UplinkMessageSend && !namesSender(pk.Payload, s.principal):
		return &publishRefusal{"sender_mismatch", saying(packets.ErrNotAuthorized, "the senderId is not yours"), refuseUplink(t, pk.Payload, uplinkError{
			codes.PermissionDenied, rpcv1.ErrorReason_SENDER_MISMATCH, "The senderId is not yours.", "senderId",
		})}
	}
	if t.Kind == topic.UplinkMessageSend {
		pk.TopicName = s.own(topic.UplinkSend)
	}
	return nil
}

// saying is a reason code with a string of our own.
func saying(code packets.Code, reason string) packets.Code {
	return packets.Code{Code: code.Code, Reason: reason}
}

// dropPublish counts a refusal, and answers it.
func (b *Broker) dropPublish(s *session, r *publishRefusal) {
	b.metrics.publishesDropped.WithLabelValues(r.metric).Inc()
	if r.answer == nil {
		return
	}
	b.deliver(s.own(topic.DownlinkAcks), r.answer, 1)
}

// namesSender reports whether the payload leaves senderId out or names the principal in it. What is not an object is
// for the gateway to refuse; it goes by the topic, so it cannot be misled.
func namesSender(payload []byte, p auth.Principal) bool {
	fields := fieldsOf(payload)
	for _, name := range []string{"senderId", "sender_id"} {
		sender := text(fields[name])
		if sender != "" && sender != p.Subject() && sender != p.UserID {
			return false
		}
	}
	return true
}

// fieldsOf answers the fields of a JSON object, and nil when payload is something else.
func fieldsOf(payload []byte) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return nil
	}
	return fields
}

// text is the value of a JSON string, "" of null or nothing, and the JSON itself of anything else, such as a number.
func text(value json.RawMessage) string {
	var s string
	if len(value) == 0 || bytes.Equal(value, []byte("null")) {
		return ""
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return string(value)
	}
	return s
}
