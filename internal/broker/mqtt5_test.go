package broker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

func TestAnMQTT5ClientIsToldWhatItMayUse(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.SessionExpiry = time.Hour }))
	told := w.wire(v5).connect("alice", "alice-token", func(pk *packets.Packet) {
		pk.Connect.Clean, pk.Connect.Keepalive = false, 0
		pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 1<<32-1, true // for ever
	}).Properties
	for what, ok := range map[string]bool{
		"its session is kept for an hour": told.SessionExpiryInterval == 3600,
		"its keep-alive":                  told.ServerKeepAlive == broker.MaxKeepAlive,
		"how many messages at once":       told.ReceiveMaximum > 0,
		"the largest packet":              told.MaximumPacketSize == broker.MaxUplinkPacket,
		"no QoS 2":                        told.MaximumQosFlag && told.MaximumQos == 1,
		"nothing is retained":             told.RetainAvailableFlag && told.RetainAvailable == 0,
		"no shared subscriptions":         told.SharedSubAvailableFlag && told.SharedSubAvailable == 0,
		"no topic aliases":                told.TopicAliasMaximum == 0,
	} {
		if !ok {
			t.Errorf("it is not told: %s (%+v)", what, told)
		}
	}
}

func TestAnMQTT5ClientIsToldWhyItIsRefused(t *testing.T) {
	w := start(t)
	w.tokens.issue("late-token", auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", ExpiresAt: time.Now().Add(-time.Hour)})
	for name, tt := range map[string]struct {
		username, password string
		configure          func(*packets.Packet)
		code               byte
		says               string
	}{
		"a token that is none":   {"alice", "forged", nil, 0x86, "not a valid token"},
		"a token that has ended": {"alice", "late-token", nil, 0x87, "has ended"},
		"another's token":        {"alice", "bob-token", nil, 0x87, "user name"},
		"an authentication method": {"alice", "alice-token", func(pk *packets.Packet) {
			pk.Properties.AuthenticationMethod = "SCRAM-SHA-256"
		}, 0x8C, "AUTH"},
		"a client id of 200 bytes": {"alice", "alice-token", named(strings.Repeat("x", 200)), 0x85, "client id"},
	} {
		t.Run(name, func(t *testing.T) {
			var configure []func(*packets.Packet)
			if tt.configure != nil {
				configure = append(configure, tt.configure)
			}
			ack := w.wire(v5).connect(tt.username, tt.password, configure...)
			if ack.ReasonCode != tt.code || !strings.Contains(ack.Properties.ReasonString, tt.says) {
				t.Errorf("CONNACK 0x%02x %q", ack.ReasonCode, ack.Properties.ReasonString)
			}
		})
	}
}

func TestAnMQTT5ClientIsToldWhyAPublishIsRefused(t *testing.T) {
	w := start(t)
	alice := w.connected(v5, "alice")
	for topic, says := range map[string]string{"chat/user/bob/send": "no topic", "chat/user/alice/messages": "no topic"} {
		pk := alice.publishPacket(topic, "{}")
		alice.send(pk)
		if ack := alice.read(packets.Puback); ack.ReasonCode != 0x87 || !strings.Contains(ack.Properties.ReasonString, says) {
			t.Errorf("%s: PUBACK 0x%02x %q", topic, ack.ReasonCode, ack.Properties.ReasonString)
		}
	}
	large := alice.publishPacket("chat/user/alice/send", strings.Repeat("x", broker.MaxUplinkPayload+1))
	alice.send(large)
	if ack := alice.read(packets.Puback); ack.ReasonCode != 0x83 || !strings.Contains(ack.Properties.ReasonString, "16 KiB") {
		t.Errorf("PUBACK 0x%02x %q", ack.ReasonCode, ack.Properties.ReasonString)
	}
}
