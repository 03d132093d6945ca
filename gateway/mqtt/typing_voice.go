package mqttgw

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// typingVoice publishes who types, at QoS 0: nobody wants to have it later.
type typingVoice struct {
	membership *Membership
	// checksMembership says that the broker lets only members hear what is on a conversation's topics.
	checksMembership bool
	heard            func(topic string) bool // nil where that is not known
	present          func() *session         // answers nil when there is none
	settled          func() bool             // says whether the broker goes by who is in which conversation
	metrics          *metrics
}

// tell publishes it where somebody may hear it.
func (v *typingVoice) tell(ctx context.Context, application, prefix string, signal *chatv1.Typing) {
	on := v.present()
	if on == nil || v.settled != nil && !v.settled() {
		return
	}
	topics, payload := v.topics(ctx, application, prefix, signal)
	for _, t := range topics {
		if v.heard != nil && !v.heard(t.String()) {
			continue
		}
		on.publish(t.String(), 0, payload)
		v.metrics.published.WithLabelValues(t.Kind.String()).Inc()
	}
}

// topics answers where to publish what. Encoding does not fail: the texts come from topics and checked ids.
func (v *typingVoice) topics(ctx context.Context, application, prefix string, signal *chatv1.Typing) ([]topic.Topic, []byte) {
	if v.checksMembership {
		payload, _ := encode(signal)
		return []topic.Topic{{Prefix: prefix, Kind: topic.DownlinkTyping, ID: signal.GetConversationId()}}, payload
	}
	members, err := v.membership.Members(ctx, application, signal.GetConversationId())
	// One who has left may have been taken for a member by a gateway that is told of it later than this one.
	if err != nil || len(members) > typingAudience || !slices.Contains(members, signal.GetUserId()) {
		return nil, nil
	}
	var topics []topic.Topic
	for _, m := range members {
		inbox := topic.Topic{Prefix: prefix, Kind: topic.DownlinkMessages, ID: m}
		if m != signal.GetUserId() && inbox.Validate() == nil {
			topics = append(topics, inbox)
		}
	}
	payload, _ := encode(&chatv1.Event{
		Event: eventTyping, EventId: uuid.NewString(), ConversationId: signal.GetConversationId(), At: signal.GetAt(),
		Payload: &chatv1.Event_Typing{Typing: signal},
	})
	return topics, payload
}
