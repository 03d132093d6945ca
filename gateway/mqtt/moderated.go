package mqttgw

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// outgoing is a payload and where it goes.
type outgoing struct {
	topic   topic.Topic
	payload proto.Message
}

// moderated answers what is published of what became of a message: to moderators what it is, on the topic of the message,
// and to its sender the event, and the answer to their send when it had to wait.
func moderated(a Application, e *chatv1.StreamEventsResponse) []outgoing {
	all := []outgoing{{
		topic.Topic{Prefix: a.Prefix, Kind: topic.DownlinkModeration, ID: e.GetEvent().GetModeration().GetMessageId()},
		e.GetEvent().GetModeration(),
	}}
	for _, subject := range e.GetRecipients() {
		all = append(all, outgoing{topic.Topic{Prefix: a.Prefix, Kind: topic.DownlinkMessages, ID: subject}, e.GetEvent()})
		if ack := decidedAck(e.GetEvent()); ack != nil {
			all = append(all, outgoing{topic.Topic{Prefix: a.Prefix, Kind: topic.DownlinkAcks, ID: subject}, ack})
		}
	}
	return all
}

// decidedAck is the second answer to a send whose first was that it has to wait: nothing while it still does, nor for a
// message that had been published, whose sender was answered then.
func decidedAck(e *chatv1.Event) *chatv1.SendAck {
	m := e.GetModeration()
	ack := &chatv1.SendAck{
		ClientMessageId: m.GetClientMessageId(),
		MessageId:       proto.String(m.GetMessageId()),
		ConversationId:  m.GetConversationId(),
		Seq:             e.Seq,
	}
	switch {
	case m.GetStatus() == moderationv1.Verdict_approved:
		ack.Status = chatv1.SendAck_sent
	case m.GetStatus() == moderationv1.Verdict_rejected && e.Seq == nil:
		ack.Status = chatv1.SendAck_error
		ack.Refusal = ackError(rejected(m), nil)
	default:
		return nil
	}
	return ack
}

// rejected says why a moderator refused a message, in the words of the rule that held it.
func rejected(m *chatv1.Moderation) error {
	message := ""
	if reasons := m.GetReasons(); len(reasons) > 0 {
		message = reasons[0].GetMessage()
	}
	return rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED, message)
}
