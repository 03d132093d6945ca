package chat_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat"
)

// impatient makes those absent who do not acknowledge a message at once.
func impatient(c *chat.Config) { c.Now, c.Absence = time.Now, time.Millisecond }

// notifications answers a user's notifications once there are at least so many.
func (w *world) notifications(t *testing.T, user string, atLeast int) []*chatv1.ChatNotification {
	t.Helper()
	tick, deadline := time.NewTicker(20*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for {
		answer, err := w.chat.ListNotifications(as(t, user), &chatv1.ListNotificationsRequest{Limit: 200})
		must(t, err)
		if len(answer.GetNotifications()) >= atLeast {
			return answer.GetNotifications()
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s has %v, want %d", user, answer.GetNotifications(), atLeast)
		}
	}
}

// everythingIsTold waits until all that has happened has had its notifications: what happens now comes after it.
func (w *world) everythingIsTold(t *testing.T) {
	t.Helper()
	c := w.group(t, "ylva", "zora")
	marker := w.send(t, "ylva", c.GetId(), "marqueur")
	for w.notifications(t, "zora", 1)[0].GetMessageId() != marker.GetId() {
	}
}

func TestThoseWhoWereAwayAreNotified(t *testing.T) {
	w := newWorld(t, impatient)
	w.works(t)
	c := w.group(t, "alice", "bob", "carol")
	before := w.send(t, "alice", c.GetId(), "un")
	got := w.notifications(t, "bob", 1)[0]
	if got.GetMessageId() != before.GetId() || got.GetConversationId() != c.GetId() || got.GetUserId() != "bob" ||
		got.GetType() != chatv1.ChatNotification_new_message || got.GetStatus() != chatv1.ChatNotification_sent || got.GetReadAt() != nil {
		t.Errorf("bob has %v", got)
	}
	if late := got.GetSentAt().AsTime().Sub(before.GetCreatedAt().AsTime()); late < 0 || late > time.Second {
		t.Errorf("sent %v after the message", late)
	}

	t.Run("all but the sender", func(t *testing.T) {
		w.notifications(t, "carol", 1)
		if own := w.notifications(t, "alice", 0); len(own) != 0 {
			t.Errorf("alice has %v", own)
		}
	})

	t.Run("as delivered and read as they go on", func(t *testing.T) {
		for _, step := range []struct {
			mark func() (*chatv1.Participant, error)
			want chatv1.ChatNotification_Status
		}{
			{func() (*chatv1.Participant, error) {
				return w.chat.MarkDelivered(as(t, "bob"), &chatv1.MarkDeliveredRequest{ConversationId: c.GetId(), Seq: 1})
			}, chatv1.ChatNotification_delivered},
			{func() (*chatv1.Participant, error) {
				return w.chat.MarkRead(as(t, "bob"), &chatv1.MarkReadRequest{ConversationId: c.GetId(), Seq: 1})
			}, chatv1.ChatNotification_read},
		} {
			_, err := step.mark()
			must(t, err)
			if n := w.notifications(t, "bob", 1)[0]; n.GetStatus() != step.want || (n.GetReadAt() != nil) != (step.want == chatv1.ChatNotification_read) {
				t.Errorf("the notification is %v, want %v", n, step.want)
			}
		}
	})

	t.Run("for good, with the time of the receipt", func(t *testing.T) {
		w.everythingIsTold(t)
		first := w.notifications(t, "bob", 1)[0].GetReadAt()
		if again := w.notifications(t, "bob", 1)[0].GetReadAt(); !again.AsTime().Equal(first.AsTime()) {
			t.Errorf("read at %v, and then at %v", first.AsTime(), again.AsTime())
		}
	})

	t.Run("and who was removed and comes back has nothing unread from before", func(t *testing.T) {
		w.send(t, "alice", c.GetId(), "deux")
		w.notifications(t, "carol", 2)
		carol := participantOf(t, c, "carol")
		_, err := w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: carol.GetId()})
		must(t, err)
		if left := w.notifications(t, "carol", 0); len(left) != 0 {
			t.Errorf("after she left carol has %v", left)
		}
		_, err = w.chat.AddParticipant(as(t, "alice"), &chatv1.AddParticipantRequest{ConversationId: c.GetId(), UserId: "carol"})
		must(t, err)
		all := w.notifications(t, "carol", 3)
		if all[0].GetType() != chatv1.ChatNotification_conversation_joined || all[0].GetMessageId() != "" || all[0].GetConversationId() != c.GetId() {
			t.Errorf("the latest is %v", all[0])
		}
		unread, err := w.chat.ListNotifications(as(t, "carol"), &chatv1.ListNotificationsRequest{UnreadOnly: true})
		must(t, err)
		if len(unread.GetNotifications()) != 1 || unread.GetNotifications()[0].GetId() != all[0].GetId() {
			t.Errorf("unread are %v", unread)
		}
	})
}

func TestThoseWhoAcknowledgeInTimeAreNotNotified(t *testing.T) {
	w := newWorld(t, impatient, func(c *chat.Config) { c.Absence = time.Second })
	w.works(t)
	c := w.group(t, "alice", "bob", "carol")
	w.send(t, "alice", c.GetId(), "un")
	_, err := w.chat.MarkDelivered(as(t, "bob"), &chatv1.MarkDeliveredRequest{ConversationId: c.GetId(), Seq: 1})
	must(t, err)
	w.notifications(t, "carol", 1)
	if got := w.notifications(t, "bob", 0); len(got) != 0 {
		t.Errorf("bob has %v", got)
	}
}

func TestAFloodIsNotMultiplied(t *testing.T) {
	w := newWorld(t, impatient)
	w.works(t)
	c := w.group(t, "alice", "bob", "carol")
	for range 25 {
		w.send(t, "alice", c.GetId(), "x")
	}
	_, err := w.chat.MarkDelivered(as(t, "carol"), &chatv1.MarkDeliveredRequest{ConversationId: c.GetId(), Seq: 10})
	must(t, err)
	w.everythingIsTold(t)
	if got := len(w.notifications(t, "bob", 20)); got != 20 {
		t.Errorf("bob has %d", got)
	}
}

func TestWhatWasBrokenOffIsDoneAgain(t *testing.T) {
	w := newWorld(t, impatient)
	stop := w.works(t)
	c := w.group(t, "alice", "bob")
	w.send(t, "alice", c.GetId(), "un")
	w.notifications(t, "bob", 1)
	stop()
	w.send(t, "alice", c.GetId(), "deux")
	w.works(t)
	w.notifications(t, "bob", 2)
	w.everythingIsTold(t)
	if got := w.notifications(t, "bob", 2); len(got) != 2 || got[0].GetMessageId() == got[1].GetMessageId() {
		t.Errorf("bob has %v", got)
	}
}

func TestListNotifications(t *testing.T) {
	w := newWorld(t, impatient)
	w.works(t)
	c := w.group(t, "alice", "bob")
	var want []string
	for range 5 {
		want = append([]string{w.send(t, "alice", c.GetId(), "x").GetId()}, want...)
	}
	w.notifications(t, "bob", 5)

	var got []string
	for req := (&chatv1.ListNotificationsRequest{Limit: 2}); ; {
		page, err := w.chat.ListNotifications(as(t, "bob"), req)
		must(t, err)
		for _, n := range page.GetNotifications() {
			got = append(got, n.GetMessageId())
		}
		if page.NextPageToken == nil {
			break
		}
		req.PageToken = page.GetNextPageToken()
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages hold %v, want %v", got, want)
	}

	_, err := w.chat.ListNotifications(as(t, "bob"), &chatv1.ListNotificationsRequest{PageToken: "!"})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
	_, err = w.chat.ListNotifications(as(t, "bob"), &chatv1.ListNotificationsRequest{Limit: 201})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	_, err = w.chat.ListNotifications(backEnd(t), &chatv1.ListNotificationsRequest{})
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	elsewhere := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindUser, UserID: "bob"})
	if answer, err := w.chat.ListNotifications(elsewhere, &chatv1.ListNotificationsRequest{}); err != nil || len(answer.GetNotifications()) != 0 {
		t.Errorf("another application's bob has %v: %v", answer, err)
	}
}

func TestAnnouncementsAreNotifiedToThoseTheyAreFor(t *testing.T) {
	w := newTown(t)
	a := w.announce(t, asAnne(t), announcementTo(toEntity("asso-1")))
	for range 2 {
		list, err := w.chat.ListNotifications(as(t, "bob"), &chatv1.ListNotificationsRequest{UnreadOnly: true})
		must(t, err)
		if n := list.GetNotifications(); len(n) != 1 || n[0].GetType() != chatv1.ChatNotification_new_announcement || n[0].GetMessageId() != a.GetMessage().GetId() {
			t.Fatalf("bob is notified of %v", n)
		}
	}
	for _, user := range []string{"anne", "dave"} {
		list, err := w.chat.ListNotifications(as(t, user), &chatv1.ListNotificationsRequest{})
		must(t, err)
		if len(list.GetNotifications()) != 0 {
			t.Errorf("%s is notified of %v", user, list)
		}
	}
	_, err := w.chat.MarkRead(as(t, "bob"), &chatv1.MarkReadRequest{ConversationId: a.GetConversation().GetId(), Seq: 1})
	must(t, err)
	list, err := w.chat.ListNotifications(as(t, "bob"), &chatv1.ListNotificationsRequest{UnreadOnly: true})
	must(t, err)
	if len(list.GetNotifications()) != 0 {
		t.Errorf("having read it, bob is notified of %v", list)
	}
	w.settle(t, &audiencev1.User{UserId: "carol", Role: "1", EntityId: "asso-1"})
	_, err = w.chat.ListNotifications(as(t, "carol"), &chatv1.ListNotificationsRequest{})
	must(t, err)
	w.settle(t, &audiencev1.User{UserId: "carol", Role: "1", EntityId: "asso-2"})
	list, err = w.chat.ListNotifications(as(t, "carol"), &chatv1.ListNotificationsRequest{})
	must(t, err)
	if len(list.GetNotifications()) != 0 {
		t.Errorf("one who left the entity is notified of %v", list)
	}
}
