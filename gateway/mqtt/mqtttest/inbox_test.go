package mqtttest

import (
	"slices"
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// created is the event of a message, whose content is its event's id.
func created(id string, seq int64) *chatv1.Event {
	return &chatv1.Event{
		Event: "message.created", EventId: id, ConversationId: "c",
		Payload: &chatv1.Event_Message{Message: &chatv1.Message{Seq: seq, Content: id}},
	}
}

// A torture is worth what its judge is: what is lost, doubled or early must be seen.
func TestAnInboxPutsMessagesInTheirPlace(t *testing.T) {
	b := newInbox()
	for _, e := range []*chatv1.Event{created("one", 1), created("three", 3), created("one", 1)} {
		b.take(e)
	}
	if b.upTo("c") != 1 || b.early != 1 || b.doubled != 0 {
		t.Errorf("up to %d, %d early, %d doubled", b.upTo("c"), b.early, b.doubled)
	}
	if gaps := b.gaps(0); len(gaps) != 1 || gaps["c"] != 1 {
		t.Errorf("the gaps are %v", gaps)
	}
	if missing := b.fill("c", []*chatv1.Message{{Seq: 2, Content: "two"}, {Seq: 3, Content: "three"}}); missing != 1 {
		t.Errorf("%d were missing", missing)
	}
	b.take(created("two", 2)) // was asked for; its event comes late
	if want := []string{"one", "two", "three"}; !slices.Equal(b.thread("c").contents, want) || b.doubled != 0 {
		t.Errorf("it has %q, %d doubled", b.thread("c").contents, b.doubled)
	}
	if b.take(created("three again", 3)); b.doubled != 1 {
		t.Errorf("%d doubled", b.doubled)
	}
}

func TestTheJudgeSeesWhatIsLostDoubledAndOutOfOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		stored []string
		device []string
		want   Tally
	}{
		"all is well":             {[]string{"a/1", "b/1", "a/2"}, []string{"a/1", "b/1", "a/2"}, Tally{Deliveries: 3}},
		"a device misses the end": {[]string{"a/1", "a/2"}, []string{"a/1"}, Tally{Deliveries: 2, Lost: 1}},
		"stored twice":            {[]string{"a/1", "a/1"}, []string{"a/1", "a/1"}, Tally{Deliveries: 2, Doubled: 1}},
		"stored out of order":     {[]string{"a/2", "a/1"}, []string{"a/2", "a/1"}, Tally{Deliveries: 2, Disordered: 1}},
		"another order there":     {[]string{"a/1", "b/1"}, []string{"b/1", "a/1"}, Tally{Deliveries: 2, Disordered: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			r, d := new(torture), &Device{inbox: newInbox()}
			d.inbox.thread("c").contents = tc.device
			r.judgeHistory(tc.stored)
			r.judgeDevice(d, "c", tc.stored)
			if got := r.tally; got.Deliveries != tc.want.Deliveries || got.Lost != tc.want.Lost || got.Doubled != tc.want.Doubled || got.Disordered != tc.want.Disordered {
				t.Errorf("judged %+v, want %+v", got, tc.want)
			}
		})
	}
}
