package mqttgw_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

func (p *person) syncs(payload string) *chatv1.SyncAck {
	p.t.Helper()
	p.says("sync", payload)
	ack := new(chatv1.SyncAck)
	p.hears("chat/user/"+p.id+"/acks", ack)
	return ack
}

func TestASyncAnswersWhatCameSinceTheCursor(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice", "bob")
	now := alice.syncs(`{"requestId":"r-1"}`)
	if now.GetRequestId() != "r-1" || now.GetStatus() != chatv1.SyncAck_synced || now.GetCursor() != "1" || len(now.GetEvents()) != 0 {
		t.Errorf("without a cursor: %v", now)
	}
	w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice", "bob")
	w.chat.happens("message.created", group, chatv1.Conversation_group, "bob")
	since := alice.syncs(`{"requestId":"r-2","cursor":"1"}`)
	if len(since.GetEvents()) != 1 || since.GetEvents()[0].GetEventId() != "event-2" || since.GetCursor() != "3" || since.GetMore() {
		t.Errorf("since the first: %v", since)
	}
}

func TestACursorThatIsTooOldIsAnsweredWithResync(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	for range 3 {
		w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice")
	}
	w.chat.mu.Lock()
	w.chat.pruned = 2
	w.chat.mu.Unlock()
	if ack := alice.syncs(`{"requestId":"r-1","cursor":"1"}`); ack.GetStatus() != chatv1.SyncAck_resync || ack.GetCursor() != "3" {
		t.Errorf("the answer is %v", ack)
	}
}

func TestASyncThatIsRefusedIsAnsweredWithItsRequestID(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	for payload, field := range map[string]string{
		`{"requestId":"r-1","cursor":"nonsense"}`: "cursor",
		`{"requestId":"r-1","limit":201}`:         "limit",
		`{"requestId":"r-1","limit":"many"}`:      "limit",
	} {
		ack := alice.syncs(payload)
		if ack.GetStatus() != chatv1.SyncAck_error || ack.GetRequestId() != "r-1" || ack.GetRefusal().GetField() != field {
			t.Errorf("%s is answered %v", payload, ack)
		}
	}
}

func TestALargeSyncComesInPartsThatAreWhole(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	const all = 40
	for i := range all {
		size := 2_000
		if i == 10 {
			size = 60_000 // alone larger than an answer should be
		}
		w.chat.commit("geosector", &chatv1.Event{
			Event: "message.created", ConversationId: pair,
			Payload: &chatv1.Event_Message{Message: &chatv1.Message{Content: strings.Repeat("x", size)}},
		}, chatv1.Conversation_one_to_one, "alice")
	}
	cursor, more, events := "0", true, 0
	for more {
		ack := alice.syncs(fmt.Sprintf(`{"requestId":"r","cursor":%q}`, cursor))
		size := len(protojson.MarshalOptions{EmitDefaultValues: true}.Format(ack))
		if size > 48<<10 && len(ack.GetEvents()) > 1 {
			t.Errorf("an answer with %d events has %d bytes", len(ack.GetEvents()), size)
		}
		for _, e := range ack.GetEvents() {
			events++
			if want := fmt.Sprint("event-", events); e.GetEventId() != want {
				t.Fatalf("%s comes, want %s", e.GetEventId(), want)
			}
		}
		cursor, more = ack.GetCursor(), ack.GetMore()
	}
	if events != all {
		t.Errorf("%d events, want %d", events, all)
	}
}
