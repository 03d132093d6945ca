package mqtttest

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

var catchingUp = []scenario{
	{"sync answers what came since a cursor, in pages", syncComesInPages, nil},
	{"a thousand missed events are there within a second", aThousandEventsWithinASecond, nil},
	{"a cursor that is none is refused with the request's id", aBadCursorIsRefused, nil},
}

func syncComesInPages(s *stage) {
	bob := s.enters("bob")
	room := s.together("alice", "bob")
	cursor := bob.now()
	bob.Disconnect(50)
	want := numbered(450)
	for _, content := range want {
		s.writes("alice", room, content)
	}
	bob.connects()
	events, pages := bob.catchesUp(room, cursor)
	s.equal("synced", contentsOf(events), want)
	if pages < 3 {
		s.Errorf("in %d pages", pages)
	}
	if events, _ := bob.catchesUp(room, events[len(events)-1].GetCursor()); len(events) != 0 {
		s.Errorf("after the last event there are %d more", len(events))
	}
}

// numbered answers as many texts.
func numbered(count int) (texts []string) {
	for i := range count {
		texts = append(texts, fmt.Sprintf("%04d", i))
	}
	return texts
}

func contentsOf(events []*chatv1.Event) (contents []string) {
	for _, e := range events {
		if e.GetEvent() == "message.created" {
			contents = append(contents, e.GetMessage().GetContent())
		}
	}
	return contents
}

func aThousandEventsWithinASecond(s *stage) {
	bob := s.enters("bob")
	room := s.together("alice", "bob")
	cursor := bob.now()
	bob.Disconnect(50)
	want := numbered(1_000)
	var writing errgroup.Group
	writing.SetLimit(16)
	for _, content := range want {
		writing.Go(func() error { s.writes("alice", room, content); return nil })
	}
	_ = writing.Wait()

	// The shortest of some: the machine has other things to do.
	best := time.Hour
	for range 5 {
		began := time.Now()
		bob.connects()
		events, _ := bob.catchesUp(room, cursor)
		best = min(best, time.Since(began))
		got := contentsOf(events)
		slices.Sort(got)
		s.equal("synced", got, want)
		bob.Disconnect(50)
	}
	s.Logf("connected and caught up with %d events in %v", len(want), best.Round(time.Millisecond))
	if best > time.Second {
		s.Errorf("catching up took %v", best)
	}
}

func aBadCursorIsRefused(s *stage) {
	bob := s.enters("bob")
	ack := bob.syncs("nonsense", 10)
	if ack.GetStatus() != chatv1.SyncAck_error || ack.GetRefusal().GetField() != "cursor" || ack.GetRefusal().GetRetryable() {
		s.Errorf("the answer is %v", ack)
	}
}
