package mqtttest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// person is a user with one device, which does what it is told and nothing else.
type person struct {
	*connection
	on   *stage
	name string
	// passed is what came on other topics, or of other things, than what was waited for.
	passed []paho.Message
}

// enters connects a person, who listens to their own topics and has no session from before.
func (s *stage) enters(name string, options ...func(*paho.ClientOptions)) *person {
	s.Helper()
	p := &person{on: s, name: name}
	p.connects(options...)
	s.Cleanup(func() { p.Disconnect(50) })
	return p
}

// connects connects a person's device, once more.
func (p *person) connects(options ...func(*paho.ClientOptions)) {
	p.on.Helper()
	o := p.on.options(p.name, p.on.Password(p.on.T, p.name)).SetClientID("device-" + newID())
	for _, f := range options {
		f(o)
	}
	var err error
	if p.connection, err = connect(o); err != nil {
		p.on.Fatalf("%s: %v", p.name, err)
	}
	if err := p.subscribe(p.on.Broker.SubscribeQoS, p.topic("messages"), p.topic("acks")); err != nil {
		p.on.Fatalf("%s: %v", p.name, err)
	}
}

func (p *person) topic(name string) string { return "chat/user/" + p.name + "/" + name }

// message is the payload of a send.
func message(conversation, id, content string) map[string]any {
	return map[string]any{"conversationId": conversation, "clientMessageId": id, "content": content}
}

// says publishes on a topic of the person's own at QoS 1, and waits until the broker has it.
func (p *person) says(verb string, payload any) {
	p.on.Helper()
	p.publishes(p.topic(verb), payload)
}

func (p *person) publishes(topic string, payload any) {
	p.on.Helper()
	if err := settled(p.Publish(topic, 1, false, encode(p.on.T, payload))); err != nil {
		p.on.Fatalf("%s publishes on %s: %v", p.name, topic, err)
	}
}

func encode(t testing.TB, payload any) []byte {
	t.Helper()
	switch v := payload.(type) {
	case string:
		return []byte(v)
	case []byte:
		return v
	}
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// lenient reads a payload as what it may not be.
var lenient = protojson.UnmarshalOptions{DiscardUnknown: true}

// hears waits for a publication on a topic that is wanted. What is passed over is kept.
func (p *person) hears(what, topic string, into proto.Message, wanted func() bool) {
	p.on.Helper()
	if !p.hearsWithin(patience, topic, into, wanted) {
		p.on.Fatalf("%s never hears %s on %s, but %d other things", p.name, what, topic, len(p.passed))
	}
}

func (p *person) hearsWithin(limit time.Duration, topic string, into proto.Message, wanted func() bool) bool {
	is := func(m paho.Message) bool {
		return m.Topic() == topic && lenient.Unmarshal(m.Payload(), into) == nil && wanted()
	}
	if i := slices.IndexFunc(p.passed, is); i >= 0 {
		_ = lenient.Unmarshal(p.passed[i].Payload(), into)
		p.passed = slices.Delete(p.passed, i, i+1)
		return true
	}
	deadline := time.After(limit)
	for {
		select {
		case m := <-p.inbox:
			if is(m) {
				return true
			}
			p.passed = append(p.passed, m)
		case <-deadline:
			return false
		}
	}
}

// ack waits for the next answer to a send into a conversation.
func (p *person) ack(conversation string) *chatv1.SendAck {
	p.on.Helper()
	ack := new(chatv1.SendAck)
	p.hears("an ack", p.topic("acks"), ack, func() bool { return ack.GetConversationId() == conversation })
	return ack
}

// sends sends a message, and waits until it is stored.
func (p *person) sends(conversation, id, content string) *chatv1.SendAck {
	p.on.Helper()
	p.says("send", message(conversation, id, content))
	ack := p.ack(conversation)
	if ack.GetStatus() != chatv1.SendAck_sent || ack.GetClientMessageId() != id {
		p.on.Fatalf("%s sends %q, and is answered %v", p.name, content, ack)
	}
	return ack
}

// refusal waits for the next answer to an uplink that is none to a send of theirs.
func (p *person) refusal() *chatv1.AckError {
	p.on.Helper()
	answer := new(chatv1.UplinkRefusal)
	p.hears("a refusal", p.topic("acks"), answer, func() bool { return answer.GetRefusal() != nil })
	return answer.GetRefusal()
}

// receives waits for an event of a kind in a conversation.
func (p *person) receives(conversation, kind string) *chatv1.Event {
	p.on.Helper()
	return p.receivesOn(p.topic("messages"), conversation, kind)
}

func (p *person) receivesOn(topic, conversation, kind string) *chatv1.Event {
	p.on.Helper()
	e := new(chatv1.Event)
	p.hears(kind, topic, e, func() bool { return e.GetEvent() == kind && e.GetConversationId() == conversation })
	return e
}

// receivesOnce waits until each of some messages was received, and answers them as they first came, repeats left out.
func (p *person) receivesOnce(conversation string, count int) (contents []string) {
	p.on.Helper()
	seen := map[string]bool{}
	for len(contents) < count {
		e := p.receives(conversation, "message.created")
		if !seen[e.GetEventId()] {
			contents = append(contents, e.GetMessage().GetContent())
		}
		seen[e.GetEventId()] = true
	}
	return contents
}

// syncs asks for a page of what came since a cursor, and again when nothing is answered: the gateway may not be there yet.
func (p *person) syncs(cursor string, limit int) *chatv1.SyncAck {
	p.on.Helper()
	id, ack := newID(), new(chatv1.SyncAck)
	for began := time.Now(); time.Since(began) < patience; {
		p.says("sync", map[string]any{"requestId": id, "cursor": cursor, "limit": limit})
		if p.hearsWithin(repeatAfter, p.topic("acks"), ack, func() bool { return ack.GetRequestId() == id }) {
			return ack
		}
	}
	p.on.Fatalf("%s syncs, and is not answered", p.name)
	return nil
}

// now is the present cursor.
func (p *person) now() string {
	p.on.Helper()
	return p.syncs("", 0).GetCursor()
}

// catchesUp syncs page by page, and answers the events of a conversation.
func (p *person) catchesUp(conversation, cursor string) (events []*chatv1.Event, pages int) {
	p.on.Helper()
	for more := true; more; pages++ {
		page := p.syncs(cursor, 200)
		if page.GetStatus() != chatv1.SyncAck_synced {
			p.on.Fatalf("%s syncs, and is answered %v", p.name, page)
		}
		for _, e := range page.GetEvents() {
			if e.GetConversationId() == conversation {
				events = append(events, e)
			}
		}
		cursor, more = page.GetCursor(), page.GetMore()
	}
	return events, pages
}
