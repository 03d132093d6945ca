package mqttgw_test

import (
	"net"
	"strings"
	"testing"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

func TestAWrongConfigurationIsRefusedByTheNameOfItsField(t *testing.T) {
	for field, breaks := range map[string]func(*mqttgw.Config){
		"Applications is empty":            func(c *mqttgw.Config) { c.Applications = nil },
		`Applications["b"].Prefix`:         func(c *mqttgw.Config) { c.Applications["b"] = mqttgw.Application{Prefix: "chat"} },
		`Applications["c"].Prefix`:         func(c *mqttgw.Config) { c.Applications["c"] = mqttgw.Application{Prefix: "a/b"} },
		`Applications["a"].GroupDelivery:`: func(c *mqttgw.Config) { c.Applications["a"] = mqttgw.Application{Prefix: "a", GroupDelivery: "pigeon"} },
		"Chat":                             func(c *mqttgw.Config) { c.Chat = nil },
		"Verifier":                         func(c *mqttgw.Config) { c.Verifier = nil },
		"Broker.URL":                       func(c *mqttgw.Config) { c.Broker.URL = "" },
		"Broker.URL: either":               func(c *mqttgw.Config) { c.Broker.Dial = func() (net.Conn, error) { return nil, net.ErrClosed } },
		"Broker.Slots: 9":                  func(c *mqttgw.Config) { c.Broker.Shared, c.Broker.Slots = true, 9 },
		"Broker.Slots: is for":             func(c *mqttgw.Config) { c.Broker.Slots = 2 },
		"Limits.Window":                    func(c *mqttgw.Config) { c.Limits.Window = -1 },
		"Limits.Drain":                     func(c *mqttgw.Config) { c.Limits.Drain = -1 },
	} {
		c := mqttgw.Config{
			Applications: map[string]mqttgw.Application{"a": {Prefix: "chat"}},
			Chat:         chatv1.NewChatServiceClient(nil),
			Verifier:     tokens{},
			Broker:       mqttgw.BrokerConfig{URL: "tcp://127.0.0.1:1883"},
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("as it should be: %v", err)
		}
		breaks(&c)
		if _, err := mqttgw.New(c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
