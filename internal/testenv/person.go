package testenv

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// Person is someone who uses Palabre, with one device connected by MQTT.
type Person struct {
	ID    string
	Token string

	t      testing.TB
	env    *Env
	prefix string
	device string
	client mqtt.Client
	will   []byte
	conn   net.Conn // of the connection made last
	inbox  chan Publication
	lost   chan error
	// passed is what came on other topics while one was waited for.
	passed []Publication
}

// Publication is what arrives on a topic.
type Publication struct {
	Topic   string
	Payload []byte
}

// ClientID is that of the device.
func (p *Person) ClientID() string { return p.device }

// NewPerson makes a person of App who is not connected.
func (e *Env) NewPerson(t testing.TB, id string) *Person {
	t.Helper()
	return e.newPerson(t, id, Token(t, App, id))
}

// Visitor makes a person without account, who is not connected, of what they were answered when they started.
func (e *Env) Visitor(t testing.TB, started *chatv1.StartAnonymousConversationResponse) *Person {
	t.Helper()
	return e.newPerson(t, "anon:"+started.GetAnonymousUser().GetId(), started.GetToken())
}

func (e *Env) newPerson(t testing.TB, id, token string) *Person {
	return &Person{
		ID:     id,
		Token:  token,
		t:      t,
		env:    e,
		prefix: "chat",
		device: "device-" + uuid.NewString()[:8],
		inbox:  make(chan Publication, 10_000),
		lost:   make(chan error, 10),
	}
}

// Person makes a person of App who is connected and listens to their own topics.
func (e *Env) Person(t testing.TB, id string) *Person {
	t.Helper()
	p := e.NewPerson(t, id)
	p.Connects()
	return p
}

// Admin makes an admin of App who is connected and listens to their own topics.
func (e *Env) Admin(t testing.TB, id string) *Person {
	t.Helper()
	p := e.newPerson(t, id, TokenOf(t, App, id, "9", ""))
	p.Connects()
	return p
}

// Connects connects the device and listens to the person's own topics.
func (p *Person) Connects() {
	p.t.Helper()
	p.connect(true)
	p.Listens(p.topic("messages"), p.topic("acks"))
}

// ConnectsWithSession is Connects for a device whose session the broker keeps while it is away.
func (p *Person) ConnectsWithSession() {
	p.t.Helper()
	p.connect(false)
	p.Listens(p.topic("messages"), p.topic("acks"))
}

// connect connects the device. A device that comes back with its session is handed what was kept for it.
func (p *Person) connect(clean bool) {
	p.t.Helper()
	p.client = p.letIn(clean)
	p.t.Cleanup(func() { p.client.Disconnect(50) })
}

// letIn connects. A broker that the gateway tells of users may not know one yet who is new: they try again, as clients do.
func (p *Person) letIn(clean bool) mqtt.Client {
	p.t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		client := mqtt.NewClient(p.options(clean))
		token := client.Connect()
		token.WaitTimeout(Patience)
		if !p.env.ToldOfUsers || token.Error() == nil || time.Now().After(deadline) {
			p.wait(token, "connect")
			return client
		}
		<-time.After(50 * time.Millisecond)
	}
}

func (p *Person) options(clean bool) *mqtt.ClientOptions {
	p.t.Helper()
	// Without a version paho tries MQTT 3.1 when it is refused, and Mosquitto cannot refuse a subscription in that.
	options := mqtt.NewClientOptions().SetProtocolVersion(4).
		AddBroker(p.env.MQTT).
		SetTLSConfig(p.env.TLS).
		SetClientID(p.device).
		SetUsername(p.username()).
		SetPassword(p.env.Password(p.t, p.ID, p.Token)).
		SetCleanSession(clean).
		SetAutoReconnect(false).
		SetConnectTimeout(Patience).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { p.lost <- err }).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { p.inbox <- Publication{m.Topic(), m.Payload()} })
	if !strings.HasPrefix(p.env.MQTT, "ws") {
		options.SetCustomOpenConnectionFn(p.dial)
	}
	if p.will != nil {
		options.SetBinaryWill(p.topic("presence"), p.will, 1, false)
	}
	return options
}

func (p *Person) username() string {
	p.t.Helper()
	if p.env.Username == nil {
		return p.ID
	}
	return p.env.Username(p.t, p.ID, p.Token)
}

// MayConnect says whether the broker lets the device in.
func (p *Person) MayConnect() bool {
	p.t.Helper()
	client := mqtt.NewClient(p.options(true))
	token := client.Connect()
	if !token.WaitTimeout(Patience) {
		p.t.Fatalf("%s: connect: no answer", p.ID)
	}
	if token.Error() == nil {
		client.Disconnect(50)
	}
	return token.Error() == nil
}

// IsSentAway waits until the broker ends the connection.
func (p *Person) IsSentAway() {
	p.t.Helper()
	select {
	case <-p.lost:
	case <-time.After(Patience):
		p.t.Fatalf("%s is still connected", p.ID)
	}
}

// Listens subscribes to topics, each of which the broker has to grant.
func (p *Person) Listens(topics ...string) {
	p.t.Helper()
	for _, topic := range topics {
		deadline := time.Now().Add(Patience)
		for !p.MayListen(topic) {
			if !p.env.ToldOfUsers || time.Now().After(deadline) {
				p.t.Fatalf("%s may not listen to %s", p.ID, topic)
			}
			<-time.After(20 * time.Millisecond)
		}
	}
}

// MayListen says whether the broker grants a subscription.
func (p *Person) MayListen(topic string) bool {
	p.t.Helper()
	token := p.client.Subscribe(topic, p.env.subscribeQoS(), nil).(*mqtt.SubscribeToken)
	if !token.WaitTimeout(Patience) {
		p.t.Fatalf("%s: no answer to the subscription to %s", p.ID, topic)
	}
	return token.Result()[topic] <= 2 && token.Error() == nil
}

// Leaves disconnects the device.
func (p *Person) Leaves() { p.client.Disconnect(50) }

func (p *Person) topic(name string) string { return p.prefix + "/user/" + p.ID + "/" + name }

// Publishes publishes a payload: a proto as JSON, bytes and strings as they are.
func (p *Person) Publishes(topic string, payload any) {
	p.t.Helper()
	p.wait(p.client.Publish(topic, 1, false, encode(p.t, payload)), "publish on "+topic)
}

// Pours sends a message without waiting; what it answers waits for the PUBACK.
func (p *Person) Pours(payload *chatv1.SendPayload) (acknowledged func()) {
	p.t.Helper()
	token := p.client.Publish(p.topic("send"), 1, false, encode(p.t, payload))
	return func() {
		p.t.Helper()
		if !token.WaitTimeout(time.Minute) || token.Error() != nil {
			p.t.Fatalf("%s: a message is not acknowledged: %v", p.ID, token.Error())
		}
	}
}

// Throws publishes what the broker may answer by closing the connection.
func (p *Person) Throws(topic string, payload any) {
	p.t.Helper()
	p.client.Publish(topic, 1, false, encode(p.t, payload)).WaitTimeout(time.Second)
}

func encode(t testing.TB, payload any) []byte {
	t.Helper()
	switch v := payload.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	case proto.Message:
		text, err := protojson.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	default:
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// Sends sends a message under a new client message id, and answers the ack.
func (p *Person) Sends(conversationID, content string) *chatv1.SendAck {
	p.t.Helper()
	return p.SendsAs(&chatv1.SendPayload{ConversationId: conversationID, Content: content, ClientMessageId: uuid.NewString()})
}

// SendsAs sends a message as it is, and answers the ack.
func (p *Person) SendsAs(payload *chatv1.SendPayload) *chatv1.SendAck {
	p.t.Helper()
	p.Publishes(p.topic("send"), payload)
	return p.Ack()
}

// Ack waits for the next answer to a send.
func (p *Person) Ack() *chatv1.SendAck {
	p.t.Helper()
	ack := new(chatv1.SendAck)
	p.decode(p.Hears(p.topic("acks")), ack)
	return ack
}

// Syncs asks for everything since a cursor, page by page, and answers it with the cursor to go on from.
func (p *Person) Syncs(cursor string) ([]*chatv1.Event, string) {
	p.t.Helper()
	var events []*chatv1.Event
	for {
		answer := p.AsksSync(cursor)
		if answer.GetStatus() != chatv1.SyncAck_synced {
			p.t.Fatalf("%s: the answer to sync is %v", p.ID, answer)
		}
		events = append(events, answer.GetEvents()...)
		cursor = answer.GetCursor()
		if !answer.GetMore() {
			return events, cursor
		}
	}
}

// AsksSync asks for a page, and answers what comes. What the broker hands over of an earlier connection may be the answer to another question.
func (p *Person) AsksSync(cursor string) *chatv1.SyncAck {
	p.t.Helper()
	id := uuid.NewString()
	p.Publishes(p.topic("sync"), &chatv1.SyncPayload{RequestId: id, Cursor: cursor})
	for {
		answer := new(chatv1.SyncAck)
		p.decode(p.Hears(p.topic("acks")), answer)
		if answer.GetRequestId() == id {
			return answer
		}
	}
}

// Receives waits for an event of a kind on the person's own topic, passing over others.
func (p *Person) Receives(kind string) *chatv1.Event {
	p.t.Helper()
	return p.ReceivesOn(p.topic("messages"), kind)
}

// ReceivesOn waits for an event of a kind on a topic, passing over others.
func (p *Person) ReceivesOn(topic, kind string) *chatv1.Event {
	p.t.Helper()
	for {
		event := new(chatv1.Event)
		p.decode(p.Hears(topic), event)
		if event.GetEvent() == kind {
			return event
		}
	}
}

// Hears waits for the next publication on a topic. What comes on others meanwhile is kept for when it is asked for.
func (p *Person) Hears(topic string) []byte {
	p.t.Helper()
	for i, m := range p.passed {
		if m.Topic == topic {
			p.passed = slices.Delete(p.passed, i, i+1)
			return m.Payload
		}
	}
	deadline := time.After(Patience)
	for {
		select {
		case m := <-p.inbox:
			if m.Topic == topic {
				return m.Payload
			}
			p.passed = append(p.passed, m)
		case <-deadline:
			p.t.Fatalf("%s heard nothing on %s", p.ID, topic)
		}
	}
}

// HearsInto waits for a publication on a topic and decodes it.
func (p *Person) HearsInto(topic string, m proto.Message) {
	p.t.Helper()
	p.decode(p.Hears(topic), m)
}

// SoFar answers the events that have come on any topic and were not asked for, without waiting.
func (p *Person) SoFar() []*chatv1.Event {
	p.t.Helper()
	for {
		select {
		case m := <-p.inbox:
			p.passed = append(p.passed, m)
			continue
		default:
		}
		break
	}
	var events []*chatv1.Event
	for _, m := range p.passed {
		if m.Topic == p.topic("acks") {
			continue
		}
		event := new(chatv1.Event)
		p.decode(m.Payload, event)
		events = append(events, event)
	}
	p.passed = nil
	return events
}

func (p *Person) decode(payload []byte, m proto.Message) {
	p.t.Helper()
	if err := protojson.Unmarshal(payload, m); err != nil {
		p.t.Fatalf("%s: %v in %s", p.ID, err, payload)
	}
}

func (p *Person) wait(token mqtt.Token, what string) {
	p.t.Helper()
	if !token.WaitTimeout(Patience) {
		p.t.Fatalf("%s: %s: no answer", p.ID, what)
	}
	if err := token.Error(); err != nil {
		p.t.Fatalf("%s: %s: %v", p.ID, what, err)
	}
}
