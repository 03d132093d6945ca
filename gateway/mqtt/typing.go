package mqttgw

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// eventTyping is the event by which members hear of typing where there is no topic for it.
	eventTyping = "typing"
	// typingAgain is when the same may be said again: receivers take it for over after six seconds.
	typingAgain = 2 * time.Second
	// typingChange is when something else may be said.
	typingChange = 200 * time.Millisecond
	// typingAudience is the largest conversation whose members are told one by one.
	typingAudience = 100
	// typingKnown is how many senders are remembered before old ones are looked for.
	typingKnown = 10_000
)

// typed is {prefix}/user/{user}/typing. Only a refusal is answered. It is lost when the service or the broker is out of
// reach: late, it would be wrong.
func (u *uplink) typed(d *delivery) (proto.Message, string, error) {
	payload := new(chatv1.TypingPayload)
	if err := decode(d.payload, payload); err != nil {
		return d.poison(err)
	}
	now := time.Now()
	if !u.typing.admit(d.lane()+"/"+payload.GetConversationId(), payload.GetTyping(), now) {
		u.metrics.dropped.WithLabelValues("typing_repeated").Inc()
		return nil, resultDropped, nil
	}
	ctx, cancel := context.WithTimeout(u.ctx, u.limits.CallTimeout)
	defer cancel()
	me := d.caller.Subject()
	in, err := u.membership.MayAccess(ctx, d.caller.ApplicationID, me, payload.GetConversationId())
	switch {
	case err != nil:
		u.metrics.dropped.WithLabelValues("typing_unchecked").Inc()
		return nil, resultDropped, nil
	case !in:
		return d.refused(rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such conversation.",
			rpcerr.Field("conversationId", "names no conversation of yours")), nil)
	}
	u.tellTyping(ctx, d, &chatv1.Typing{
		ConversationId: payload.GetConversationId(), UserId: me, Typing: payload.GetTyping(), At: timestamppb.New(now),
	})
	return nil, resultAccepted, nil
}

// tellTyping publishes it, at QoS 0: nobody wants to have it later.
func (u *uplink) tellTyping(ctx context.Context, d *delivery, signal *chatv1.Typing) {
	on := u.present()
	if on == nil || !u.settled() {
		return
	}
	topics, payload := u.typingTopics(ctx, d, signal)
	for _, t := range topics {
		on.publish(t.String(), 0, payload)
		u.metrics.published.WithLabelValues(t.Kind.String()).Inc()
	}
}

// typingTopics answers where to publish what. Encoding does not fail: the texts come from topics and checked ids.
func (u *uplink) typingTopics(ctx context.Context, d *delivery, signal *chatv1.Typing) ([]topic.Topic, []byte) {
	if u.checksMembership {
		payload, _ := encode(signal)
		return []topic.Topic{{Prefix: d.topic.Prefix, Kind: topic.DownlinkTyping, ID: signal.GetConversationId()}}, payload
	}
	members, err := u.membership.Members(ctx, d.caller.ApplicationID, signal.GetConversationId())
	if err != nil || len(members) > typingAudience {
		return nil, nil
	}
	var topics []topic.Topic
	for _, m := range members {
		inbox := topic.Topic{Prefix: d.topic.Prefix, Kind: topic.DownlinkMessages, ID: m}
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

// typing keeps senders from saying the same over and over.
type typing struct {
	mu   sync.Mutex
	last map[string]said
}

type said struct {
	typing bool
	at     time.Time
}

func newTyping() *typing { return &typing{last: map[string]said{}} }

// admit says whether a sender may be heard, and remembers it then. The key is the sender and the conversation.
func (t *typing) admit(key string, typing bool, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, known := t.last[key]
	wait := typingAgain
	if last.typing != typing {
		wait = typingChange
	}
	if known && now.Sub(last.at) < wait {
		return false
	}
	if len(t.last) >= typingKnown {
		t.sweep(now)
	}
	t.last[key] = said{typing, now}
	return true
}

// sweep forgets whom it no longer keeps from anything.
func (t *typing) sweep(now time.Time) {
	for key, s := range t.last {
		if now.Sub(s.at) >= typingAgain {
			delete(t.last, key)
		}
	}
	if len(t.last) >= typingKnown {
		clear(t.last) // A flood of senders; each is limited by the broker.
	}
}
