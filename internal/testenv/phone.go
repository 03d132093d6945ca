package testenv

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// phoneAgain is when a phone tries again what did not succeed.
const phoneAgain = 200 * time.Millisecond

// Phone is a device that does by itself what docs/integrate.md asks of clients: it connects again when its connection is
// lost, repeats what was not acknowledged, syncs after every connect, and passes over what it has.
type Phone struct {
	// Person is who has it. Their own device stays where it is.
	*Person

	ctx    context.Context
	ended  sync.WaitGroup
	logged []string

	mu       sync.Mutex
	client   mqtt.Client
	cursor   string
	synced   int                                  // how often it was told that it has everything
	unsent   []*chatv1.SendPayload                // what is not acknowledged, in order
	acks     map[string]*chatv1.SendAck           // by clientMessageId
	messages map[string]map[int64]*chatv1.Message // by conversation and seq
	events   map[string]int                       // how often each came, by eventId
}

// Phone gives a person a phone that is connected until the test ends, and answers it once it has synced.
func (e *Env) Phone(t testing.TB, id string) *Phone {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &Phone{
		Person: e.NewPerson(t, id), ctx: ctx, acks: map[string]*chatv1.SendAck{},
		messages: map[string]map[int64]*chatv1.Message{}, events: map[string]int{},
	}
	p.ended.Go(p.stayConnected)
	t.Cleanup(func() { cancel(); p.ended.Wait() })
	p.Awaits("its first sync", func() bool { return p.synced > 0 })
	return p
}

// stayConnected is the phone's life.
func (p *Phone) stayConnected() {
	for p.ctx.Err() == nil {
		if err := p.beConnected(); err != nil {
			p.mu.Lock()
			p.logged = append(p.logged, fmt.Sprint(time.Now().Format("05.000"), " ", err))
			p.mu.Unlock()
		}
		p.pause()
	}
}

func (p *Phone) pause() {
	select {
	case <-p.ctx.Done():
	case <-time.After(phoneAgain):
	}
}

// beConnected is one connection, from its beginning to its end.
func (p *Phone) beConnected() error {
	lost := make(chan error, 1)
	options := p.options(true).SetAutoReconnect(false).
		SetConnectTimeout(2 * time.Second).SetKeepAlive(2 * time.Second).SetPingTimeout(2 * time.Second).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err }).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { p.takes(m) })
	client := mqtt.NewClient(options)
	if err := settled(client.Connect()); err != nil {
		return err
	}
	defer client.Disconnect(0)
	own := map[string]byte{p.topic("messages"): p.env.subscribeQoS(), p.topic("acks"): p.env.subscribeQoS()}
	if err := settled(client.SubscribeMultiple(own, nil)); err != nil {
		return err
	}
	p.use(client)
	defer p.use(nil)
	p.asksSync()
	for {
		p.repeats()
		select {
		case err := <-lost:
			return err
		case <-p.ctx.Done():
			return nil
		case <-time.After(5 * phoneAgain):
		}
	}
}

// settled waits for the broker's answer, for a time.
func settled(token mqtt.Token) error {
	if !token.WaitTimeout(4 * time.Second) {
		return errors.New("no answer")
	}
	return token.Error()
}

func (p *Phone) use(client mqtt.Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client = client
}

func (p *Phone) asksSync() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says("sync", &chatv1.SyncPayload{RequestId: uuid.NewString(), Cursor: p.cursor})
}

// repeats says again what was not acknowledged.
func (p *Phone) repeats() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, payload := range p.unsent {
		p.says("send", payload)
	}
}

// says publishes without waiting; what it is about is repeated if nothing comes of it.
func (p *Phone) says(verb string, payload proto.Message) {
	if p.client == nil {
		return
	}
	text, err := protojson.Marshal(payload)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.client.Publish(p.topic(verb), 1, false, text)
}

// Writes sends a message, again and again until it is acknowledged. It does not wait for that.
func (p *Phone) Writes(conversationID, content string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	payload := &chatv1.SendPayload{ConversationId: conversationID, Content: content, ClientMessageId: p.ID + ":" + content}
	p.unsent = append(p.unsent, payload)
	p.says("send", payload)
}

// takes takes what arrives.
func (p *Phone) takes(m mqtt.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m.Topic() {
	case p.topic("acks"):
		p.takesAck(m.Payload())
	case p.topic("messages"):
		e := new(chatv1.Event)
		if err := protojson.Unmarshal(m.Payload(), e); err != nil {
			p.t.Errorf("%s: %v in %s", p.ID, err, m.Payload())
			return
		}
		p.takesEvent(e)
	}
}

func (p *Phone) takesAck(payload []byte) {
	loose := protojson.UnmarshalOptions{DiscardUnknown: true}
	sync, send := new(chatv1.SyncAck), new(chatv1.SendAck)
	if loose.Unmarshal(payload, sync) == nil && sync.GetRequestId() != "" {
		for _, e := range sync.GetEvents() {
			p.takesEvent(e)
		}
		p.cursor = sync.GetCursor()
		if sync.GetMore() {
			p.says("sync", &chatv1.SyncPayload{RequestId: uuid.NewString(), Cursor: p.cursor})
		} else {
			p.synced++
		}
		return
	}
	if err := loose.Unmarshal(payload, send); err != nil {
		p.t.Errorf("%s: %v in %s", p.ID, err, payload)
		return
	}
	if send.GetStatus() != chatv1.SendAck_sent {
		p.t.Errorf("%s: the ack is %v", p.ID, send)
	}
	p.acks[send.GetClientMessageId()] = send
	p.unsent = slices.DeleteFunc(p.unsent, func(s *chatv1.SendPayload) bool {
		return s.GetClientMessageId() == send.GetClientMessageId()
	})
}

// takesEvent takes an event, unless the phone has it. Its cursor is that of the last sync: between what came live and what
// was missed there may be gaps.
func (p *Phone) takesEvent(e *chatv1.Event) {
	p.events[e.GetEventId()]++
	m := e.GetMessage()
	if p.events[e.GetEventId()] > 1 || e.GetEvent() != "message.created" {
		return
	}
	of := p.messages[e.GetConversationId()]
	if of == nil {
		of = map[int64]*chatv1.Message{}
		p.messages[e.GetConversationId()] = of
	}
	if had := of[m.GetSeq()]; had != nil {
		p.t.Errorf("%s: seq %d is %q, and %q under another eventId", p.ID, m.GetSeq(), had.GetContent(), m.GetContent())
	}
	of[m.GetSeq()] = m
}

// Awaits waits until something holds of the phone.
func (p *Phone) Awaits(what string, holds func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(3 * Patience)
	for {
		p.mu.Lock()
		done, logged := holds(), slices.Clone(p.logged)
		p.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: %s does not come; its connections ended thus: %q", p.ID, what, logged)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// AwaitsAcks waits until all that the phone has written is acknowledged, and answers the acks by clientMessageId.
func (p *Phone) AwaitsAcks() map[string]*chatv1.SendAck {
	p.t.Helper()
	p.Awaits("an ack of all", func() bool { return len(p.unsent) == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.acks)
}

// AwaitsMessages waits until the phone has so many messages of a conversation, and answers their contents in the order of
// their seq, which has no gaps.
func (p *Phone) AwaitsMessages(conversationID string, count int) []string {
	p.t.Helper()
	p.Awaits(fmt.Sprint(count, " messages"), func() bool { return len(p.messages[conversationID]) >= count })
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.messages[conversationID]
	contents := make([]string, 0, len(of))
	for seq := int64(1); seq <= int64(len(of)); seq++ {
		if of[seq] == nil {
			p.t.Errorf("%s: there is no seq %d among %d messages", p.ID, seq, len(of))
		}
		contents = append(contents, of[seq].GetContent())
	}
	return contents
}

// Acked is how many of its messages are acknowledged so far.
func (p *Phone) Acked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.acks)
}

// Synced is how often the phone was told that it has everything.
func (p *Phone) Synced() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.synced
}

// Repeats is how many events came more often than once.
func (p *Phone) Repeats() (count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, times := range p.events {
		if times > 1 {
			count++
		}
	}
	return count
}
