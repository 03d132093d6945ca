package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"google.golang.org/protobuf/encoding/protojson"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// mqttClients are the connections of a run, one for each user.
type mqttClients struct {
	broker, prefix string
	password       func(userID string) string // nil where it is the token
	tls            *tls.Config
	qos            byte // of subscriptions
	failed         func(reason string)
	events         decoder

	mu        sync.Mutex
	connected []paho.Client
}

func newMQTT(c Config, failed func(string)) *mqttClients {
	broker := c.MQTT
	if !strings.Contains(broker, "://") {
		broker = "tcp://" + broker
	}
	m := &mqttClients{broker: broker, prefix: c.TopicPrefix, password: c.MQTTPassword, tls: c.MQTTTLS, qos: 1, failed: failed}
	if c.SubscribeAt0 {
		m.qos = 0
	}
	return m
}

func (m *mqttClients) connect(who user) (paho.Client, error) {
	options := paho.NewClientOptions().AddBroker(m.broker).
		SetClientID("bench-" + newName()).SetUsername(who.id).SetPassword(who.token).
		SetProtocolVersion(4).SetConnectTimeout(callTimeout).SetWriteTimeout(callTimeout).
		SetAutoReconnect(false). // What is missed meanwhile would have to be asked for; here it counts as lost.
		SetConnectionLostHandler(func(paho.Client, error) { m.failed("connection lost") })
	if m.tls != nil {
		options.SetTLSConfig(m.tls)
	}
	if m.password != nil {
		options.SetPassword(m.password(who.id))
	}
	client := paho.NewClient(options)
	if err := settled(client.Connect()); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", m.broker, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.connected = append(m.connected, client)
	return client, nil
}

func (m *mqttClients) topic(who user, name string) string {
	return m.prefix + "/user/" + who.id + "/" + name
}

// settled waits for the broker's answer.
func settled(token paho.Token) error {
	if !token.WaitTimeout(callTimeout) {
		return errors.New("no answer from the broker")
	}
	return token.Error()
}

// caller connects a sender, who waits for the ack of one message before sending the next.
func (m *mqttClients) caller(_ context.Context, who user, content string) (step, error) {
	client, err := m.connect(who)
	if err != nil {
		return nil, err
	}
	acks := make(chan *chatv1.SendAck, 16)
	hear := func(_ paho.Client, p paho.Message) {
		ack := new(chatv1.SendAck)
		if protojson.Unmarshal(p.Payload(), ack) == nil {
			select {
			case acks <- ack:
			default: // of sends that were given up
			}
		}
	}
	if err := settled(client.Subscribe(m.topic(who, "acks"), m.qos, hear)); err != nil {
		return nil, err
	}
	return func(ctx context.Context, to *conversation, clientMessageID string) (answer, error) {
		ctx, cancel := bounded(ctx)
		defer cancel()
		payload, err := protojson.Marshal(&chatv1.SendPayload{ConversationId: to.id, Content: content, ClientMessageId: clientMessageID})
		if err != nil {
			return answer{}, err
		}
		client.Publish(m.topic(who, "send"), 1, false, payload)
		return awaitAck(ctx, acks, clientMessageID)
	}, nil
}

func awaitAck(ctx context.Context, acks <-chan *chatv1.SendAck, clientMessageID string) (answer, error) {
	for {
		select {
		case ack := <-acks:
			switch {
			case ack.GetClientMessageId() != clientMessageID:
			case ack.GetStatus() == chatv1.SendAck_sent:
				return answer{ack.GetSeq(), ack.GetMessageId()}, nil
			default:
				after := time.Duration(ack.GetRefusal().GetRetryAfterMs()) * time.Millisecond
				return answer{}, refusal{ack.GetRefusal().GetReason(), after}
			}
		case <-ctx.Done():
			return answer{}, refusal{"NO_ACK", 0}
		}
	}
}

// receiver connects a user who listens to their own topic and, where the broker lets them, to their group's: which of the
// two its events come on is the server's to choose.
func (m *mqttClients) receiver(_ context.Context, who user, of *conversation, hear func(heard)) error {
	client, err := m.connect(who)
	if err != nil {
		return err
	}
	take := func(_ paho.Client, p paho.Message) {
		if h, ok := m.events.decode(p.Payload()); ok {
			hear(h)
		}
	}
	if of.group {
		_ = settled(client.Subscribe(m.prefix+"/conversation/"+of.id, m.qos, take)) // A broker that checks no membership refuses.
	}
	return settled(client.Subscribe(m.topic(who, "messages"), m.qos, take))
}

func (m *mqttClients) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, client := range m.connected {
		client.Disconnect(0)
	}
}

const messageCreated = "message.created"

// decoder reads events. All members of a group get the same bytes, those of several messages at once; reading each once for
// all leaves the machine to the server.
type decoder struct {
	mu    sync.Mutex
	known map[string]reading // by payload
}

// reading is what readEvent answered.
type reading struct {
	heard
	ok bool
}

// maxReadings is how many events are remembered: more than are under way to a group at once.
const maxReadings = 64

func (d *decoder) decode(payload []byte) (heard, bool) {
	if !bytes.Contains(payload, []byte(messageCreated)) {
		return heard{}, false // Who of a thousand has come is told to each of them in a text of its own.
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r, known := d.known[string(payload)]
	if !known {
		if len(d.known) >= maxReadings || d.known == nil {
			d.known = make(map[string]reading, maxReadings)
		}
		r.heard, r.ok = readEvent(payload)
		d.known[string(payload)] = r
	}
	return r.heard, r.ok
}

// readEvent reads what a receiver has to know of an event; false when no message was created by it.
func readEvent(payload []byte) (heard, bool) {
	var e struct {
		Event, EventID, ConversationID string
		Message                        struct {
			ID, ClientMessageID string
			Seq                 int64 `json:",string"`
		}
	}
	if err := json.Unmarshal(payload, &e); err != nil || e.Event != messageCreated {
		return heard{}, false
	}
	return heard{arrival{e.Message.Seq, e.Message.ID, e.EventID}, e.ConversationID, e.Message.ClientMessageID}, true
}
