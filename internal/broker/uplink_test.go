package broker_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/broker"
)

func TestMessageSendBecomesTheSendersOwnSend(t *testing.T) {
	w := start(t)
	for _, subject := range []string{"alice", visitor} {
		p := w.connects(subject)
		for _, payload := range []string{
			`{"conversationId":"c1","content":"bonjour","timestamp":1}`,
			fmt.Sprintf(`{"conversationId":"c1","content":"bonjour","senderId":%q}`, subject),
			fmt.Sprintf(`{"conversation_id":"c1","content":"bonjour","sender_id":%q}`, subject),
			`{"content":"bonjour","senderId":null}`,
			`{"content":"bonjour","senderId":""}`,
			`not json, which the gateway tells`,
			`["senderId","bob"]`,
		} {
			p.publishes("chat/message/send", payload)
			w.gateway.receives("chat/user/"+subject+"/send", payload)
		}
	}
	rita := w.connects("rita")
	rita.publishes("resalice/message/send", `{}`)
	w.gateway.receives("resalice/user/rita/send", `{}`)
}

func TestAVisitorMayCallItselfByItsBareID(t *testing.T) {
	w := start(t)
	payload := fmt.Sprintf(`{"content":"bonjour","senderId":%q}`, visitor[len("anon:"):])
	w.connects(visitor).publishes("chat/message/send", payload)
	w.gateway.receives("chat/user/"+visitor+"/send", payload)
}

func TestAnotherSenderIDIsRefused(t *testing.T) {
	w := start(t)
	for _, version := range []byte{v311, v5} {
		c := w.connected(version, "alice")
		c.subscribes("chat/user/alice/acks")
		for _, sender := range []string{
			`"senderId":"bob"`, `"sender_id":"bob"`, `"senderId":"alice","sender_id":"bob"`, `"senderId":"Alice"`,
			`"senderId":12`, `"senderId":["alice"]`, `"senderId":"\u0062ob"`,
		} {
			c.send(c.publishPacket("chat/message/send",
				`{"conversationId":"c1","clientMessageId":"m-1","content":"je suis bob",`+sender+`}`))
			ack := c.answered("chat/user/alice/acks", packets.ErrNotAuthorized.Code)
			var got struct {
				ClientMessageID, Status, ConversationID string
				Duplicate                               bool
				Error                                   struct {
					Code            int
					Reason, Message string
					Field           string
					Retryable       bool
				}
			}
			if err := json.Unmarshal(ack, &got); err != nil {
				t.Fatal(err)
			}
			if got.ClientMessageID != "m-1" || got.Status != "error" || got.ConversationID != "c1" ||
				got.Error.Code != 7 || got.Error.Reason != "SENDER_MISMATCH" || got.Error.Message == "" ||
				got.Error.Field != "senderId" || got.Error.Retryable {
				t.Errorf("%s: ack %s", sender, ack)
			}
		}
		c.publish("chat/message/send", `{"content":"je suis alice"}`)
		w.gateway.receives("chat/user/alice/send", `{"content":"je suis alice"}`)
	}
	w.awaitCounted("palabre_broker_publishes_dropped_total", "sender_mismatch", 14)
}

// answered reads the PUBACK of a refused publish and the answer on acks, which come in any order, and answers the latter.
func (c *wire) answered(acks string, reason byte) []byte {
	c.t.Helper()
	var payload []byte
	for range 2 {
		pk, err := c.next()
		if err != nil {
			c.t.Fatal(err)
		}
		switch {
		case pk.FixedHeader.Type == packets.Publish && pk.TopicName == acks:
			c.ack(pk)
			payload = pk.Payload
		case pk.FixedHeader.Type != packets.Puback:
			c.t.Fatalf("received %s %s", packets.PacketNames[pk.FixedHeader.Type], pk.TopicName)
		case c.version == v5 && pk.ReasonCode != reason:
			c.t.Errorf("PUBACK 0x%02x, want 0x%02x", pk.ReasonCode, reason)
		}
	}
	return payload
}

func TestARetainedUplinkIsRefused(t *testing.T) {
	w := start(t)
	for _, version := range []byte{v311, v5} {
		c := w.connected(version, "alice")
		c.subscribes("chat/user/alice/+")
		c.send(c.publishPacket("chat/user/alice/send", `{"clientMessageId":"m-1","conversationId":"c1"}`, retained))
		ack := string(c.answered("chat/user/alice/acks", packets.ErrNotAuthorized.Code))
		if !strings.Contains(ack, `"INVALID_ARGUMENT"`) || !strings.Contains(ack, `"m-1"`) {
			t.Errorf("ack %s", ack)
		}
		c.publish("chat/user/alice/send", "after")
		w.gateway.receives("chat/user/alice/send", "after")
	}
	// Nor is it replayed to who subscribes later.
	username, password := w.GatewayCredentials()
	second := newParty(t, "memory://gateway", "gw-1", username, password, w.inMemory())
	second.subscribes("chat/user/+/send")
	w.connected(v311, "alice").publish("chat/user/alice/send", "fresh")
	second.receives("chat/user/alice/send", "fresh")
}

func TestUplinksAreAtMost16KiB(t *testing.T) {
	w := start(t)
	for _, version := range []byte{v311, v5} {
		c := w.connected(version, "alice")
		c.subscribes("chat/user/alice/acks")
		full := strings.Repeat("x", broker.MaxUplinkPayload)
		c.publish("chat/user/alice/send", full)
		w.gateway.receives("chat/user/alice/send", full)

		for _, name := range []string{"chat/user/alice/send", "chat/message/send"} {
			c.send(c.publishPacket(name, `{"client_message_id":"m-2","conversationId":"c1","content":"`+full+`"}`))
			ack := string(c.answered("chat/user/alice/acks", packets.ErrImplementationSpecificError.Code))
			if !strings.Contains(ack, `"PAYLOAD_TOO_LARGE"`) || !strings.Contains(ack, `"m-2"`) {
				t.Errorf("%s: ack %s", name, ack)
			}
		}
		c.send(c.publishPacket("chat/user/alice/receipts", full+"x"))
		ack := string(c.answered("chat/user/alice/acks", packets.ErrImplementationSpecificError.Code))
		if !strings.Contains(ack, `"PAYLOAD_TOO_LARGE"`) || !strings.Contains(ack, `"receipts"`) {
			t.Errorf("receipts: ack %s", ack)
		}
	}
	w.awaitCounted("palabre_broker_publishes_dropped_total", "payload_too_large", 6)
}

func TestAPacketBeyond64KiBClosesTheConnection(t *testing.T) {
	w := start(t)
	for _, version := range []byte{v311, v5} {
		c := w.connected(version, "alice")
		c.send(c.publishPacket("chat/user/alice/send", strings.Repeat("x", broker.MaxUplinkPacket)))
		c.cutOff()
	}
	w.awaitCounted("palabre_broker_connections_cut_total", "packet_too_large", 2)
}

func TestQoS2ClosesTheConnection(t *testing.T) {
	w := start(t)
	for version, want := range map[byte]byte{v311: 0, v5: 0x9B} {
		c := w.connected(version, "alice")
		c.send(c.publishPacket("chat/user/alice/send", "twice", func(pk *packets.Packet) { pk.FixedHeader.Qos = 2 }))
		if got := c.cutOff(); got != want {
			t.Errorf("version %d: DISCONNECT 0x%02x", version, got)
		}
		c = w.connected(version, "alice")
		c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: 1})
		c.cutOff()
	}
	w.connected(v311, "alice").publish("chat/user/alice/sync", "last")
	w.gateway.receives("chat/user/alice/sync", "last")
}

func TestPropertiesOfClientsStayBehind(t *testing.T) {
	w := start(t)
	nc, err := w.Dial()
	if err != nil {
		t.Fatal(err)
	}
	username, password := w.GatewayCredentials()
	gateway := newWire(t, nc, v5)
	if code := gateway.connect(username, password).ReasonCode; code != 0 {
		t.Fatalf("CONNACK 0x%02x", code)
	}
	gateway.subscribes("chat/user/+/send")
	alice := w.connected(v5, "alice")
	alice.send(alice.publishPacket("chat/user/alice/send", "bonjour", func(pk *packets.Packet) {
		pk.Properties.User = []packets.UserProperty{{Key: "sub", Val: "bob"}}
		pk.Properties.ContentType = "application/x-evil"
	}))
	got := gateway.receives("chat/user/alice/send", "bonjour").Properties
	if len(got.User) != 0 || got.ContentType != "" {
		t.Errorf("forwarded with %+v", got)
	}
}

func TestAnUplinkReachesTheGatewayInOrder(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	var tokens []paho.Token
	for i := range 500 {
		tokens = append(tokens, alice.Publish("chat/user/alice/send", 1, false, fmt.Sprint(i)))
	}
	for i, token := range tokens {
		if err := wait(token); err != nil {
			t.Fatal(err)
		}
		w.gateway.receives("chat/user/alice/send", fmt.Sprint(i))
	}
}
