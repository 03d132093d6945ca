package mqtttest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"google.golang.org/protobuf/encoding/protojson"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

const (
	// repeatAfter is how long a device waits for the answer to what it sent before it sends it again.
	repeatAfter = 3 * time.Second
	// gapTime is how long a seq may be missing before a device asks the history for it.
	gapTime = 2 * time.Second
	// reconnectAfter is how long a device waits before it tries to connect again.
	reconnectAfter = 200 * time.Millisecond
)

// Device is a client that does what docs/integrate.md tells clients to: it repeats a message until its ack, drops events
// that it has, asks sync for what came since its cursor after every connect, and the history for a seq that is missing.
type Device struct {
	user, password, id string
	setup              Setup
	keeps              bool // the broker is to keep its session
	t                  testing.TB

	mu        sync.Mutex
	current   *connection
	connected chan struct{} // closed at the next connect
	waiting   map[string]chan *chatv1.SendAck
	inbox     *inbox
	cursor    string
	// request is the sync that is not answered yet, "" when none; asked is when it was sent.
	request string
	asked   time.Time
	tally   DeviceTally
}

// DeviceTally is what a device had to do.
type DeviceTally struct {
	// Connects counts connections, Repeats messages that were sent again.
	Connects, Repeats int
	// Known counts events that came again and were dropped, BySync those that came by a sync first, ByHistory messages
	// that were missing and asked for.
	Known, BySync, ByHistory int
}

// newDevice makes a device that knows the state as it is now. Nothing may happen to its user before it has.
func newDevice(t testing.TB, s Setup, user string, keepsSession bool) *Device {
	t.Helper()
	now, err := s.Chat.ListEvents(s.As(t, user), &chatv1.ListEventsRequest{})
	if err != nil {
		t.Fatalf("%s: the present cursor: %v", user, err)
	}
	return &Device{
		user: user, password: s.Password(t, user), id: "device-" + newID(), setup: s, keeps: keepsSession, t: t, connected: make(chan struct{}),
		waiting: map[string]chan *chatv1.SendAck{}, inbox: newInbox(), cursor: now.GetCursor(),
	}
}

func (d *Device) topic(name string) string { return "chat/user/" + d.user + "/" + name }

// run stays connected until the context ends.
func (d *Device) run(ctx context.Context) {
	for ctx.Err() == nil {
		_ = d.serve(ctx) // whatever it was, it is tried again
		pause(ctx, reconnectAfter)
	}
}

// serve is one connection.
func (d *Device) serve(ctx context.Context) error {
	c, err := connect(d.options())
	if err != nil {
		return err
	}
	defer c.Disconnect(0)
	if err := c.subscribe(d.setup.Broker.SubscribeQoS, d.topic("messages"), d.topic("acks")); err != nil {
		return err
	}
	d.arrives(c)
	check := time.NewTicker(gapTime / 4)
	defer check.Stop()
	for {
		select {
		case m := <-c.inbox:
			d.takes(m)
		case <-check.C:
			d.looks()
		case <-c.lost:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (d *Device) options() *paho.ClientOptions {
	return d.setup.options(d.user, d.password).SetClientID(d.id).SetCleanSession(!d.keeps)
}

// options are those of a device.
func (s Setup) options(user, password string) *paho.ClientOptions {
	o := paho.NewClientOptions().AddBroker(s.URL).SetTLSConfig(s.TLS).SetUsername(user).SetPassword(password)
	if s.Account != nil {
		o.SetUsername(s.Account(user))
	}
	return o
}

// arrives begins a connection: with a sync.
func (d *Device) arrives(c *connection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.current = c
	d.tally.Connects++
	close(d.connected)
	d.connected = make(chan struct{})
	d.asks()
}

// asks asks for what came since the cursor. The caller holds mu.
func (d *Device) asks() {
	d.request, d.asked = newID(), time.Now()
	d.publish("sync", map[string]any{"requestId": d.request, "cursor": d.cursor, "limit": 200})
}

// publish hands something over for sending; whether it arrived, an answer shows.
func (d *Device) publish(name string, payload any) {
	text, err := json.Marshal(payload)
	if err != nil {
		d.t.Error(err)
		return
	}
	// paho may wait when the connection is lost just then.
	go d.current.Publish(d.topic(name), 1, false, text)
}

// takes takes what came.
func (d *Device) takes(m paho.Message) {
	if m.Topic() == d.topic("acks") {
		d.takesAnswer(m.Payload())
		return
	}
	event := new(chatv1.Event)
	if err := protojson.Unmarshal(m.Payload(), event); err != nil {
		d.t.Errorf("%s: %v in %s", d.user, err, m.Payload())
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.inbox.take(event) {
		d.tally.Known++
		return
	}
	// Until the sync is answered, what came while nobody was here is still missing before this.
	if d.request == "" && event.Cursor != nil {
		d.cursor = event.GetCursor()
	}
}

// takesAnswer takes the answer to a send or a sync.
func (d *Device) takesAnswer(payload []byte) {
	var of struct{ RequestID, ClientMessageID string }
	if err := json.Unmarshal(payload, &of); err != nil {
		d.t.Errorf("%s: %v in %s", d.user, err, payload)
		return
	}
	switch {
	case of.RequestID != "":
		d.takesSync(payload)
	case of.ClientMessageID != "":
		d.takesAck(payload)
	}
}

func (d *Device) takesAck(payload []byte) {
	ack := new(chatv1.SendAck)
	if err := protojson.Unmarshal(payload, ack); err != nil {
		d.t.Errorf("%s: %v in %s", d.user, err, payload)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if waiting, ok := d.waiting[ack.GetClientMessageId()]; ok {
		waiting <- ack
		delete(d.waiting, ack.GetClientMessageId())
	}
}

func (d *Device) takesSync(payload []byte) {
	ack := new(chatv1.SyncAck)
	if err := protojson.Unmarshal(payload, ack); err != nil {
		d.t.Errorf("%s: %v in %s", d.user, err, payload)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if ack.GetRequestId() != d.request || ack.GetStatus() == chatv1.SyncAck_error {
		return // of an earlier request; or one to be repeated
	}
	if ack.GetStatus() != chatv1.SyncAck_synced {
		d.t.Errorf("%s: the answer to sync is %v", d.user, ack)
	}
	for _, event := range ack.GetEvents() {
		if d.inbox.take(event) {
			d.tally.BySync++
		}
	}
	d.cursor, d.request = ack.GetCursor(), ""
	if ack.GetMore() {
		d.asks()
	}
}

// looks asks again for what was not answered, and asks the history for what is missing.
func (d *Device) looks() {
	d.mu.Lock()
	if d.request != "" && time.Since(d.asked) > repeatAfter {
		d.asks()
	}
	gaps := d.inbox.gaps(gapTime)
	d.mu.Unlock()
	for conversation, after := range gaps {
		page, err := d.setup.Chat.ListMessages(d.setup.As(d.t, d.user), &chatv1.ListMessagesRequest{
			ConversationId: conversation, AfterSeq: &after, Limit: 200,
		})
		if err != nil {
			continue // next time
		}
		d.mu.Lock()
		d.tally.ByHistory += d.inbox.fill(conversation, page.GetMessages())
		d.mu.Unlock()
	}
}

// send sends a message until it is acknowledged.
func (d *Device) send(ctx context.Context, conversation, content string) (*chatv1.SendAck, error) {
	payload := map[string]any{"conversationId": conversation, "content": content, "clientMessageId": content}
	for attempt := 0; ; attempt++ {
		answer, reconnected := d.tries(content, payload, attempt > 0)
		timer := time.NewTimer(repeatAfter)
		select {
		case ack := <-answer:
			timer.Stop()
			if !ack.GetRefusal().GetRetryable() {
				return ack, nil
			}
			pause(ctx, time.Duration(ack.GetRefusal().GetRetryAfterMs())*time.Millisecond)
		case <-reconnected:
		case <-timer.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s was never acknowledged: %w", content, context.Cause(ctx))
		}
		timer.Stop()
	}
}

// tries publishes a message if there is a connection, and answers where its ack comes and what is closed at the next
// connect.
func (d *Device) tries(id string, payload any, again bool) (answer <-chan *chatv1.SendAck, reconnected <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting := make(chan *chatv1.SendAck, 1)
	d.waiting[id] = waiting
	if d.current != nil && !d.current.over() {
		d.publish("send", payload)
		if again {
			d.tally.Repeats++
		}
	}
	return waiting, d.connected
}

// has says how many messages of a conversation the device has, from the first one on without a gap.
func (d *Device) has(conversation string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inbox.upTo(conversation)
}
