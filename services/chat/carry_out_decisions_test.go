package chat_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

func TestDecisionsAreCarriedOut(t *testing.T) {
	w, moderator := withModerator(t)
	w.works(t)
	c := w.group(t, "alice", "bob").GetId()
	good, bad, flagged := w.send(t, "alice", c, "hold bon"), w.send(t, "alice", c, "hold mauvais"), w.send(t, "alice", c, "flag douteux")
	here, there := w.cursor(t, "alice"), w.cursor(t, "bob")
	moderator.decide(good.GetId(), moderationv1.Verdict_approved)
	moderator.decide(bad.GetId(), moderationv1.Verdict_rejected)
	moderator.decide(flagged.GetId(), moderationv1.Verdict_rejected)
	moderator.until(t, "all is settled", func() bool { return moderator.settled == 3 })

	if got := w.heard(t, "bob", there); !slices.Equal(got, []string{"message.created hold bon", "message.deleted "}) {
		t.Errorf("bob is told %q", got)
	}
	if got := w.heard(t, "alice", here); !slices.Equal(got, []string{
		"message.created hold bon", "message.moderated approved", "message.moderated rejected", "message.deleted ", "message.moderated rejected",
	}) {
		t.Errorf("alice is told %q", got)
	}
	rejected, err := w.chat.GetMessage(as(t, "alice"), &chatv1.GetMessageRequest{Id: bad.GetId()})
	must(t, err)
	if rejected.GetContent() != "hold mauvais" || rejected.GetModerationStatus() != chatv1.Message_rejected || rejected.GetSeq() != 0 {
		t.Errorf("what was rejected is %v", rejected)
	}

	// After an appeal.
	moderator.decide(bad.GetId(), moderationv1.Verdict_approved)
	moderator.until(t, "it is settled", func() bool { return moderator.settled == 4 })
	list, err := w.chat.ListMessages(as(t, "bob"), &chatv1.ListMessagesRequest{ConversationId: c, AfterSeq: proto.Int64(0)})
	must(t, err)
	if got := contents(list.GetMessages()); !slices.Equal(got, []string{"", "hold bon", "hold mauvais"}) {
		t.Errorf("history is %q", got)
	}
}

func TestDecisionsWaitForAServiceThatIsNotThere(t *testing.T) {
	w, moderator := withModerator(t)
	stop := w.works(t)
	c := w.group(t, "alice", "bob").GetId()
	stop()
	var held []*chatv1.Message
	for range 20 {
		m := w.send(t, "alice", c, "hold on that")
		held = append(held, m)
		moderator.decide(m.GetId(), moderationv1.Verdict_approved)
	}
	// Stopped and begun again in the middle of it.
	for done := 1; done <= len(held); done += 5 {
		stop := w.works(t)
		moderator.until(t, "some are settled", func() bool { return moderator.settled >= done })
		stop()
	}
	w.works(t)
	moderator.until(t, "all are settled", func() bool { return len(moderator.unsettled) == 0 })
	for i, m := range held {
		published, err := w.chat.GetMessage(as(t, "bob"), &chatv1.GetMessageRequest{Id: m.GetId()})
		must(t, err)
		if published.GetSeq() != int64(i+1) {
			t.Errorf("message %d has seq %d", i+1, published.GetSeq())
		}
	}
	if next := w.send(t, "bob", c, "bonjour"); next.GetSeq() != int64(len(held)+1) {
		t.Errorf("the next message has seq %d", next.GetSeq())
	}
}

// cursor is where a user's events stand.
func (w *world) cursor(t *testing.T, user string) string {
	t.Helper()
	now, err := w.chat.ListEvents(as(t, user), &chatv1.ListEventsRequest{})
	must(t, err)
	return now.GetCursor()
}

// heard answers what a user was told since, with the text or the status.
func (w *world) heard(t *testing.T, user, since string) []string {
	t.Helper()
	events, err := w.chat.ListEvents(as(t, user), &chatv1.ListEventsRequest{AfterCursor: since})
	must(t, err)
	var list []string
	for _, e := range events.GetEvents() {
		about := e.GetMessage().GetContent()
		if e.GetModeration() != nil {
			about = e.GetModeration().GetStatus().String()
		}
		list = append(list, e.GetEvent()+" "+about)
	}
	return list
}
