package mqttgw_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

func TestAnEventGoesToTheInboxOfEveryoneItIsFor(t *testing.T) {
	w := start(t)
	alice, bob, carol := w.connects("alice"), w.connects("bob"), w.connects("carol")
	want := w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice", "bob")
	last := w.chat.happens("message.created", group, chatv1.Conversation_group, "carol")
	for _, p := range []*person{alice, bob} {
		if got := p.event(); !proto.Equal(got, want) {
			t.Errorf("%s hears %v, want %v", p.id, got, want)
		}
	}
	if got := carol.event(); !proto.Equal(got, last) {
		t.Errorf("carol hears %v, which is not for her", got)
	}
}

func TestAnEventOfAnotherApplicationGoesUnderItsPrefix(t *testing.T) {
	w := start(t)
	outsider := w.outsider()
	outsider.subscribes("+/user/alice/messages")
	w.chat.commit("resalice", &chatv1.Event{Event: "message.created", ConversationId: pair}, chatv1.Conversation_one_to_one, "alice")
	outsider.hears("resalice/user/alice/messages", new(chatv1.Event))
}

func TestWhereTheEventsOfAGroupGoIsConfigured(t *testing.T) {
	for delivery, want := range map[mqttgw.GroupDelivery][]string{
		mqttgw.DeliverInbox:        {"alice message.created", "alice participant.added", "alice pair"},
		mqttgw.DeliverConversation: {"topic message.created", "alice participant.added", "topic participant.added", "alice pair"},
		mqttgw.DeliverBoth: {
			"alice message.created", "topic message.created", "alice participant.added", "topic participant.added", "alice pair",
		},
	} {
		t.Run(string(delivery), func(t *testing.T) {
			w := start(t, func(c *mqttgw.Config) {
				c.Applications = map[string]mqttgw.Application{"geosector": {Prefix: "chat", GroupDelivery: delivery}}
			})
			alice := w.connects("alice")
			alice.subscribes("chat/conversation/" + group)
			w.chat.happens("message.created", group, chatv1.Conversation_group, "alice")
			w.chat.happens("participant.added", group, chatv1.Conversation_broadcast, "alice")
			w.chat.happens("pair", pair, chatv1.Conversation_one_to_one, "alice")
			var got []string
			for range want {
				got = append(got, alice.next())
			}
			if !slices.Equal(got, want) {
				t.Errorf("published %q, want %q", got, want)
			}
		})
	}
}

// next answers on which topic which event comes next.
func (p *person) next() string {
	p.t.Helper()
	select {
	case m := <-p.received:
		e := decoded(p.t, m.Payload())
		if m.Topic() == "chat/user/"+p.id+"/messages" {
			return p.id + " " + e.GetEvent()
		}
		return "topic " + e.GetEvent()
	case <-time.After(patience):
		p.t.Fatalf("%s hears nothing", p.id)
		return ""
	}
}

func TestTheCursorMovesOnlyWhenTheBrokerHasAcknowledged(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	w.chat.happens("one", pair, chatv1.Conversation_one_to_one, "alice")
	eventually(t, "the first is acknowledged", func() bool { return w.chat.acknowledgedUpTo() == 1 })

	breaks := w.wire().hold() // and with it the broker's PUBACKs
	calls := w.chat.called("AcknowledgeEvents")
	w.chat.happens("two", pair, chatv1.Conversation_one_to_one, "alice")
	w.chat.happens("three", pair, chatv1.Conversation_one_to_one)
	for _, want := range []string{"one", "two"} {
		if got := alice.event().GetEvent(); got != want {
			t.Errorf("alice hears %s, want %s", got, want)
		}
	}
	eventually(t, "the second is published", func() bool { return w.counted("palabre_mqtt_unacknowledged", "") == 2 })
	if got := w.chat.acknowledgedUpTo(); got != 1 || w.chat.called("AcknowledgeEvents") != calls {
		t.Errorf("acknowledged up to %d without the broker's acknowledgement", got)
	}

	breaks()
	if got := alice.event().GetEventId(); got != "event-2" {
		t.Errorf("on the next connection comes %s", got)
	}
	eventually(t, "all is acknowledged", func() bool { return w.chat.acknowledgedUpTo() == 3 })
}

func TestWhatWasUnacknowledgedComesAgainInItsOrder(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	breaks := w.wire().hold()
	const all = 300
	for range all {
		w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice")
	}
	seen := map[string]bool{}
	for len(seen) < all {
		if len(seen) == all/2 {
			breaks()
		}
		// Of each event, the first time counts.
		id := alice.event().GetEventId()
		if !seen[id] && id != fmt.Sprint("event-", len(seen)+1) {
			t.Fatalf("%s comes after %d others", id, len(seen))
		}
		seen[id] = true
	}
	eventually(t, "all is acknowledged", func() bool { return w.chat.acknowledgedUpTo() == all })
}

func TestAConnectionThatAcknowledgesNothingIsMadeAnew(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.PubackTimeout = 50 * time.Millisecond })
	w.wire().hold()
	w.chat.happens("one", pair, chatv1.Conversation_one_to_one, "alice")
	eventually(t, "acknowledged on another connection", func() bool { return w.chat.acknowledgedUpTo() == 1 })
}

func TestNoMoreIsPublishedThanTheWindowHolds(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.Window = 10 })
	breaks := w.wire().hold()
	for range 5 { // one event alone is larger than the window
		w.chat.happens("message.created", group, chatv1.Conversation_group, many(30)...)
	}
	eventually(t, "the window is full", func() bool { return w.counted("palabre_mqtt_unacknowledged", "") == 10 })
	if n := w.counted("palabre_mqtt_published_total", ""); n != 10 {
		t.Errorf("%v published", n)
	}
	breaks()
	eventually(t, "all is acknowledged", func() bool { return w.chat.acknowledgedUpTo() == 5 })
	if n := w.counted("palabre_mqtt_published_total", "conversation"); n != 5 {
		t.Errorf("%v published on the conversation's topic", n)
	}
}

func many(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint("user-", i))
	}
	return all
}

func TestABrokenStreamGoesOnWhereItWas(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	for i := range 50 {
		w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice")
		if i%10 == 0 {
			w.chat.breaksStreams()
		}
	}
	for i := range 50 {
		if got, want := alice.event().GetEventId(), fmt.Sprint("event-", i+1); got != want {
			t.Fatalf("alice hears %s, want %s", got, want)
		}
	}
}

func TestTheFirstStreamOfAllLosesNothingWhenItBreaksBeforeTheFirstEvent(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	w.chat.setBefore(failing("StreamEvents", forEver, unavailable()))
	w.chat.breaksStreams()
	eventually(t, "the stream is broken", func() bool { return w.gateway.Ready() != nil })
	w.chat.happens("meanwhile", pair, chatv1.Conversation_one_to_one, "alice")
	w.chat.setBefore(nil)
	if got := alice.event().GetEvent(); got != "meanwhile" {
		t.Errorf("alice hears %s", got)
	}
}

func TestAGatewayThatStartsAgainGoesOnFromWhatItAcknowledged(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.AcknowledgeEvery = time.Hour })
	alice := w.connects("alice")
	w.chat.happens("one", pair, chatv1.Conversation_one_to_one, "alice")
	alice.event()
	w.stop()
	if got := w.chat.acknowledgedUpTo(); got != 1 {
		t.Errorf("stopped with %d acknowledged", got)
	}
	w.chat.happens("two", pair, chatv1.Conversation_one_to_one, "alice")
	w.startGateway()
	if got := alice.event().GetEvent(); got != "two" {
		t.Errorf("alice hears %s", got)
	}
}

func TestManyEventsAreAcknowledgedBeforeTheirTime(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.AcknowledgeEvery, c.Limits.AcknowledgeEvents = time.Hour, 10 })
	for range 10 {
		w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice")
	}
	eventually(t, "acknowledged", func() bool { return w.chat.acknowledgedUpTo() == 10 })
	// Where it began was told at once, so that another who takes over before the first event begins there too.
	if n := w.chat.called("AcknowledgeEvents"); n > 2 {
		t.Errorf("in %d calls", n)
	}
}

func TestWhenItsPlaceInTheEventsIsGoneTheGatewayGoesOnFromThePresent(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	w.chat.happens("one", pair, chatv1.Conversation_one_to_one, "alice")
	alice.event()
	w.stop()
	for range 5 {
		w.chat.happens("missed", pair, chatv1.Conversation_one_to_one, "alice")
	}
	w.chat.mu.Lock()
	w.chat.pruned = 4
	w.chat.mu.Unlock()
	w.startGateway()
	w.chat.happens("present", pair, chatv1.Conversation_one_to_one, "alice")
	if got := alice.event().GetEvent(); got != "present" {
		t.Errorf("alice hears %s", got)
	}
	eventually(t, "acknowledged", func() bool { return w.chat.acknowledgedUpTo() == 7 })
}

func TestAnEventThatCannotBePublishedIsPassedOver(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	w.chat.commit("unknown", &chatv1.Event{Event: "one"}, chatv1.Conversation_one_to_one, "alice")
	w.chat.happens("two", pair, chatv1.Conversation_one_to_one, "not/a/topic", "alice")
	w.chat.happens("three", pair, chatv1.Conversation_one_to_one)
	if got := alice.event().GetEvent(); got != "two" {
		t.Errorf("alice hears %s", got)
	}
	eventually(t, "acknowledged", func() bool { return w.chat.acknowledgedUpTo() == 3 })
	if n := w.counted("palabre_mqtt_dropped_total", ""); n != 2 {
		t.Errorf("%v dropped, want 2", n)
	}
}

func TestAGatewayIsReadyOnceItHasBrokerAndStream(t *testing.T) {
	w := start(t)
	w.chat.setBefore(failing("StreamEvents", forEver, unavailable()))
	w.chat.breaksStreams()
	eventually(t, "not ready without the stream", func() bool { return w.gateway.Ready() != nil })
	w.chat.setBefore(nil)
	w.awaitReady()

	var mu sync.Mutex
	reachable := false
	dial := w.dial
	w.stop()
	w.configure = append(w.configure, func(c *mqttgw.Config) {
		c.Broker.Dial = func() (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			if !reachable {
				return nil, io.ErrUnexpectedEOF
			}
			return dial()
		}
		c.Registerer = nil
	})
	gateway := w.newGateway()
	ended := run(t, gateway)
	defer ended()
	eventually(t, "why not", func() bool { return errors.Is(gateway.Ready(), io.ErrUnexpectedEOF) })
	mu.Lock()
	reachable = true
	mu.Unlock()
	eventually(t, "ready", func() bool { return gateway.Ready() == nil })
}

func TestRunMayBeCalledOnce(t *testing.T) {
	w := start(t)
	if err := w.gateway.Run(t.Context()); err == nil {
		t.Error("a second Run is nothing special")
	}
}
