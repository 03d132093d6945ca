package broker

import (
	"encoding/json"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/jsonpb"
)

// uplinkError is what a client is told about an uplink that was not forwarded. None can succeed when repeated.
type uplinkError struct {
	code    codes.Code
	reason  rpcv1.ErrorReason
	message string
	field   string // "" when none is at fault
}

// refuseUplink is the answer on acks: a SendAck to a send, and to other uplinks an UplinkRefusal.
func refuseUplink(t topic.Topic, payload []byte, e uplinkError) []byte {
	refusal := &chatv1.AckError{Code: int32(e.code), Reason: e.reason.String(), Message: e.message}
	if e.field != "" {
		refusal.Field = &e.field
	}
	if t.Kind == topic.UplinkSend || t.Kind == topic.UplinkMessageSend {
		fields := fieldsOf(payload)
		return marshal(&chatv1.SendAck{
			ClientMessageId: short(fields, "clientMessageId", "client_message_id"),
			ConversationId:  short(fields, "conversationId", "conversation_id"),
			Status:          chatv1.SendAck_error,
			Refusal:         refusal,
		})
	}
	return marshal(&chatv1.UplinkRefusal{
		Topic: strings.TrimPrefix(t.Kind.String(), "user/"), Refusal: refusal, At: timestamppb.Now(),
	})
}

// short is the field of either name, or "" when it is too long to be repeated to its sender.
func short(fields map[string]json.RawMessage, names ...string) string {
	const longest = 256
	for _, name := range names {
		if s := text(fields[name]); s != "" && len(s) <= longest {
			return s
		}
	}
	return ""
}

func marshal(m proto.Message) []byte {
	out, err := jsonpb.Marshal(m)
	if err != nil {
		return nil // a string that is not UTF-8, which JSON did not let in
	}
	return out
}

// tokenNotice is the notice on acks before a session is ended with its token.
func tokenNotice(event string, at time.Time) []byte {
	return []byte(`{"event":"` + event + `","at":"` + at.UTC().Format(time.RFC3339) + `"}`)
}
