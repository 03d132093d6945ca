package mqttgw_test

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

func asEdge(c *mqttgw.Config) { c.Edge = true }

// beside makes another process with a broker of its own, on the same service.
func (w *world) beside() *world {
	w.t.Helper()
	return startOn(w.t, w.chat, w.configure...)
}

func TestAnEdgeBeginsAtThePresentAndKeepsNoPlace(t *testing.T) {
	w := start(t, asEdge)
	w.stop()
	w.chat.happens("while nobody was there", pair, chatv1.Conversation_one_to_one, "alice")
	w.startGateway()
	alice := w.connects("alice")
	w.chat.happens("now", pair, chatv1.Conversation_one_to_one, "alice")
	if e := alice.event(); e.GetEvent() != "now" {
		t.Errorf("alice hears %v", e)
	}
	w.stop()
	if n := w.chat.called("AcknowledgeEvents"); n != 0 {
		t.Errorf("it said %d times how far it has come", n)
	}
}

func TestAnEdgeWhoseStreamBreaksMissesNothing(t *testing.T) {
	w := start(t, asEdge)
	alice := w.connects("alice")
	w.chat.setBefore(failing("StreamEvents", 3, unavailable()))
	w.chat.breaksStreams()
	for _, event := range []string{"one", "two"} {
		w.chat.happens(event, pair, chatv1.Conversation_one_to_one, "alice")
	}
	for _, want := range []string{"one", "two"} {
		if e := alice.event(); e.GetEvent() != want {
			t.Errorf("alice hears %v, want %s", e, want)
		}
	}
}

// What happened between the answer to a sync and the beginning of the stream, nobody would hear of.
func TestASyncIsAnsweredOnceTheStreamHasBegun(t *testing.T) {
	w := start(t, asEdge)
	w.stop()
	opening, open := make(chan struct{}, 100), make(chan struct{})
	w.chat.setBefore(func(ctx context.Context, method string, _ proto.Message) error {
		if method != "StreamEvents" {
			return nil
		}
		opening <- struct{}{}
		select {
		case <-open:
		case <-ctx.Done():
		}
		return nil
	})
	w.gateway = w.newGateway()
	w.stop = run(t, w.gateway)
	<-opening
	eventually(t, "connected", func() bool { return w.counted("palabre_mqtt_connected", "") == 1 })
	alice := w.connects("alice")
	alice.says("sync", map[string]any{"requestId": "r-1", "cursor": "0"})
	alice.says("send", message("m-1", "Bonjour")) // behind it, and so not handled either
	alice.types(pair, true)
	eventually(t, "typing is handled meanwhile", func() bool { return w.counted("palabre_mqtt_uplinks_total", "typing") == 1 })
	if n := w.chat.called("ListEvents"); n != 0 {
		t.Error("the sync is answered before")
	}
	w.chat.happens("meanwhile", pair, chatv1.Conversation_one_to_one, "alice")
	close(open)
	answer := new(chatv1.SyncAck)
	alice.hears("chat/user/alice/acks", answer)
	if answer.GetRequestId() != "r-1" || len(answer.GetEvents()) != 1 || answer.GetEvents()[0].GetEvent() != "meanwhile" {
		t.Errorf("the sync is answered %v", answer)
	}
	if ack := alice.ack(); ack.GetClientMessageId() != "m-1" {
		t.Errorf("then comes %v", ack)
	}
}

func TestTypingReachesThePeopleOfAnotherEdge(t *testing.T) {
	here := start(t, asEdge)
	there := here.beside()
	eventually(t, "both watch", func() bool { return here.chat.watchedBy() == 2 })
	alice, bob, carol := here.connects("alice"), here.connects("bob"), there.connects("carol")
	bob.subscribes("chat/typing/" + group)
	carol.subscribes("chat/typing/" + group)
	alice.types(group, true)
	for _, p := range []*person{bob, carol} {
		signal := new(chatv1.Typing)
		p.hears("chat/typing/"+group, signal)
		if signal.GetUserId() != "alice" || !signal.GetTyping() {
			t.Errorf("%s hears %v", p.id, signal)
		}
	}
	carol.types(group, true)
	signal := new(chatv1.Typing)
	bob.hears("chat/typing/"+group, signal)
	if signal.GetUserId() != "carol" { // and not alice once more
		t.Errorf("bob hears %v", signal)
	}
}

func TestTypingIsHeardOnItsEdgeWhileTheServiceDoesNotPassItOn(t *testing.T) {
	w := start(t, asEdge)
	w.chat.setBefore(failing("ReportTyping", forEver, unavailable()))
	alice, bob := w.connects("alice"), w.connects("bob")
	bob.subscribes("chat/typing/" + group)
	alice.types(group, true)
	bob.hears("chat/typing/"+group, new(chatv1.Typing))
	eventually(t, "counted", func() bool { return w.counted("palabre_mqtt_dropped_total", "typing_unreported") == 1 })
}
