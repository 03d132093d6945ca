package testenv

import (
	"context"
	"errors"
	"fmt"
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
