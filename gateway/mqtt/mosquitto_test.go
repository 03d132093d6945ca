package mqttgw_test

import (
	"crypto/tls"
	"fmt"
	"slices"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// onMosquitto makes a world with a Mosquitto, as deploy/mosquitto configures it, in place of the embedded broker.
func onMosquitto(t *testing.T, config servers.MosquittoConfig, configure ...func(*mqttgw.Config)) (*world, *servers.MosquittoServer) {
	t.Helper()
	config.Users = map[string]string{"alice": "a", "bob": "b"}
	mosquitto := servers.Mosquitto(t, config)
	w := start(t, append(configure, func(c *mqttgw.Config) {
		c.Applications = map[string]mqttgw.Application{"geosector": {Prefix: "chat"}}
		c.Broker = mqttgw.BrokerConfig{
			URL: mosquitto.URL, Username: mosquitto.GatewayUser, Password: mosquitto.GatewayPassword, CAFile: mosquitto.CAFile,
			Shared: c.Broker.Shared, Slots: c.Broker.Slots,
		}
	})...)
	return w, mosquitto
}

func connectsTo(t *testing.T, m *servers.MosquittoServer, id, password string) *person {
	t.Helper()
	o := paho.NewClientOptions().AddBroker(m.URL).SetTLSConfig(&tls.Config{RootCAs: m.CA}).SetUsername(id).SetPassword(password)
	return newPerson(t, id, o, "chat/user/"+id+"/messages", "chat/user/"+id+"/acks")
}

func TestOnMosquittoARestartOfTheBrokerIsSurvived(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{})
	alice := connectsTo(t, mosquitto, "alice", "a")
	alice.says("send", message("m-1", "before"))
	if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_sent {
		t.Fatalf("before: %v", ack)
	}

	mosquitto.Kill()
	eventually(t, "not ready without the broker", func() bool { return w.gateway.Ready() != nil })
	for i := range 5 {
		w.chat.happens(fmt.Sprint("while away ", i), pair, chatv1.Conversation_one_to_one, "alice")
	}
	mosquitto.Start()
	w.awaitReady()
	eventually(t, "published", func() bool { return w.chat.acknowledgedUpTo() == 5 })

	alice = connectsTo(t, mosquitto, "alice", "a")
	alice.says("send", message("m-2", "after"))
	if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("after: %v", ack)
	}
	w.chat.happens("after", pair, chatv1.Conversation_one_to_one, "alice")
	if e := alice.event(); e.GetEvent() != "after" {
		t.Errorf("alice hears %v", e)
	}
}

func TestOnMosquittoWhatWasNotSettledComesAgain(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{})
	alice := connectsTo(t, mosquitto, "alice", "a")
	w.chat.setBefore(failing("SendMessage", forEver, unavailable()))
	w.configure = append(w.configure, func(c *mqttgw.Config) { c.Limits.Drain = time.Millisecond })
	var want []string
	for i := range 30 { // more than the broker sends without acknowledgement
		want = append(want, fmt.Sprint(i))
		alice.says("send", message(fmt.Sprint("m-", i), fmt.Sprint(i)))
	}
	w.stop()
	w.chat.setBefore(nil)
	w.startGateway()
	for range want {
		alice.ack()
	}
	// What it delivers again it delivers in no certain order.
	got := w.chat.contents()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestOnMosquittoARetainedUplinkIsDroppedOnceAndForAll(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{Settings: map[string]string{"retain_available": "true"}})
	alice := connectsTo(t, mosquitto, "alice", "a")
	w.stop()
	alice.wait(alice.Publish("chat/user/alice/receipts", 1, true, `{"conversationId":"`+pair+`","read":1}`))
	w.startGateway()
	eventually(t, "dropped", func() bool { return w.counted("palabre_mqtt_dropped_total", "retained") >= 1 })
	eventually(t, "taken away", func() bool { return w.counted("palabre_mqtt_dropped_total", "empty") >= 1 })
	w.stop()
	w.startGateway()
	alice.says("send", message("m-1", "Bonjour"))
	alice.ack()
	if n := w.counted("palabre_mqtt_dropped_total", "retained"); n != 0 {
		t.Error("it came back")
	}
}

func TestProbeConnectsWithoutDisturbingTheGateway(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{})
	c := mqttgw.BrokerConfig{
		URL: mosquitto.URL, Username: mosquitto.GatewayUser, Password: mosquitto.GatewayPassword, CAFile: mosquitto.CAFile,
	}
	if err := mqttgw.Probe(t.Context(), c); err != nil {
		t.Error(err)
	}
	c.Password = "wrong"
	if mqttgw.Probe(t.Context(), c) == nil {
		t.Error("a wrong password is accepted")
	}
	c.Password, c.CAFile = mosquitto.GatewayPassword, ""
	if mqttgw.Probe(t.Context(), c) == nil {
		t.Error("a certificate of nobody known is accepted")
	}
	if n := w.counted("palabre_mqtt_retries_total", "connection"); n != 0 {
		t.Error("the gateway lost its connection")
	}
}
