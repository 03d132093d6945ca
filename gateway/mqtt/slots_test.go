package mqttgw_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv/servers"
)

func withSlots(n int) func(*mqttgw.Config) {
	return func(c *mqttgw.Config) {
		c.Broker.Shared, c.Broker.Slots = true, n
		c.Limits.LeaseTime = 400 * time.Millisecond
	}
}

// slotsOf is how many slots the gateway has at the broker whose metrics these are.
func (w *world) slotsOf(gateway *prometheus.Registry) float64 {
	w.metrics = gateway
	return w.counted("palabre_mqtt_connected", "")
}

func TestGatewaysShareTheSlots(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{}, withSlots(2))
	first, stopFirst := w.metrics, w.stop
	eventually(t, "alone it has both", func() bool { return w.slotsOf(first) == 2 })
	stopSecond := w.another()
	second := w.metrics
	eventually(t, "each has one", func() bool { return w.slotsOf(first) == 1 && w.slotsOf(second) == 1 })

	alice := connectsTo(t, mosquitto, "alice", "a")
	write := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			alice.says("send", message(fmt.Sprint("m-", i), fmt.Sprint(i)))
			if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_sent || ack.GetDuplicate() || ack.GetClientMessageId() != fmt.Sprint("m-", i) {
				t.Errorf("%d is answered %v", i, ack)
			}
			w.chat.happens(fmt.Sprint(i), pair, chatv1.Conversation_one_to_one, "alice")
			if e := alice.event(); e.GetEvent() != fmt.Sprint(i) {
				t.Errorf("alice hears %v, want %d once", e, i)
			}
		}
	}
	write(0, 20)
	for name, gateway := range map[string]*prometheus.Registry{"first": first, "second": second} {
		w.metrics = gateway
		if n := w.counted("palabre_mqtt_uplinks_total", "send"); n != 10 {
			t.Errorf("the %s handled %v of 20", name, n)
		}
	}

	stopFirst()
	eventually(t, "the second has both", func() bool { return w.slotsOf(second) == 2 })
	write(20, 40)
	stopSecond()
}

func TestWhatADeadGatewayHadInItsSlotIsHandedToAnother(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{}, withSlots(2), func(c *mqttgw.Config) { c.Limits.Drain = time.Millisecond })
	eventually(t, "it has both", func() bool { return w.slotsOf(w.metrics) == 2 })
	alice := connectsTo(t, mosquitto, "alice", "a")
	w.chat.setBefore(failing("SendMessage", forEver, unavailable()))
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint(i))
		alice.says("send", message(fmt.Sprint("m-", i), fmt.Sprint(i)))
	}
	w.stop()
	w.chat.setBefore(nil)
	w.startGateway()
	for range want {
		alice.ack()
	}
	got := w.chat.contents()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestTypingIsToldByTheGatewayThatPublishesTheEvents(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{}, withSlots(2))
	defer w.another()()
	eventually(t, "it is watched", func() bool { return w.chat.watchedBy() == 1 })
	alice, bob := connectsTo(t, mosquitto, "alice", "a"), connectsTo(t, mosquitto, "bob", "b")
	for _, conversation := range []string{pair, group} { // one goes to each slot
		alice.types(conversation, true)
		if e := bob.event(); e.GetEvent() != "typing" || e.GetTyping().GetUserId() != "alice" || e.GetConversationId() != conversation {
			t.Errorf("bob hears %v", e)
		}
	}
}

// A broker keeps giving a session its share. What it gives to one of a slot that there is no more would be lost.
func TestFewerSlotsLeaveNoSessionBehind(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{}, withSlots(3))
	eventually(t, "it has all", func() bool { return w.slotsOf(w.metrics) == 3 })
	w.stop()
	w.configure = append(w.configure, withSlots(2))
	w.startGateway()
	handlesEverything(t, mosquitto)
}

func TestSessionsOfBeforeSlotsHadSecretsAreNotLeftBehind(t *testing.T) {
	w, mosquitto := onMosquitto(t, servers.MosquittoConfig{}, withSlots(2), func(c *mqttgw.Config) { c.Limits.Drain = time.Millisecond })
	w.stop()
	w.chat.setEarlier(true)
	w.startGateway()
	eventually(t, "it has both", func() bool { return w.slotsOf(w.metrics) == 2 })
	w.stop()
	w.chat.setEarlier(false)
	w.startGateway()
	handlesEverything(t, mosquitto)
}

// handlesEverything makes sure that no session of nobody is given a share of what alice sends.
func handlesEverything(t *testing.T, mosquitto *servers.MosquittoServer) {
	t.Helper()
	alice := connectsTo(t, mosquitto, "alice", "a")
	sent := 0
	eventually(t, "of six messages each is handled, and once", func() bool {
		for range 6 {
			sent++
			alice.says("send", message(fmt.Sprint("m-", sent), fmt.Sprint(sent)))
		}
		return alice.acksWithin(300*time.Millisecond) == 6
	})
}

// acksWithin counts the acks that come within a time.
func (p *person) acksWithin(d time.Duration) int {
	count := 0
	for over := time.After(d); ; {
		select {
		case <-p.received:
			count++
		case <-over:
			return count
		}
	}
}
