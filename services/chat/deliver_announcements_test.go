package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// crowd makes so many users of an entity, in the order of their ids.
func crowd(entity string, n int) []*audiencev1.User {
	users := make([]*audiencev1.User, n)
	for i := range users {
		users[i] = &audiencev1.User{UserId: fmt.Sprintf("%s-%06d", entity, i), Role: "1", EntityId: entity}
	}
	return users
}

// works runs the service's work in the background until stop is called.
func (w *world) works(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.service.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return stop
}

// gateway follows the events as a gateway does, from now on.
func (w *world) gateway(t testing.TB) <-chan *chatv1.StreamEventsResponse {
	t.Helper()
	peer := auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "mqtt"})
	stream, err := w.chat.StreamEvents(peer, &chatv1.StreamEventsRequest{})
	must(t, err)
	_, err = stream.Header()
	must(t, err)
	events := make(chan *chatv1.StreamEventsResponse, 10_000)
	go func() {
		for {
			e, err := stream.Recv()
			if err != nil {
				return
			}
			events <- e
		}
	}()
	return events
}

// handedTo collects whom an announcement is handed on to, until it is so many.
func handedTo(t testing.TB, events <-chan *chatv1.StreamEventsResponse, id string, want int) (recipients []string, eventIDs map[string]bool) {
	t.Helper()
	eventIDs = map[string]bool{}
	late := time.After(30 * time.Second)
	for len(recipients) < want {
		select {
		case e := <-events:
			if e.GetEvent().GetConversationId() == id {
				eventIDs[e.GetEvent().GetEventId()] = true
				recipients = append(recipients, e.GetRecipients()...)
			}
		case <-late:
			t.Fatalf("handed on to %d users, want %d", len(recipients), want)
		}
	}
	return recipients, eventIDs
}

// delivered waits until an announcement says that its delivery is done.
func (w *world) delivered(t testing.TB, id string) *chatv1.AnnouncementDelivery {
	t.Helper()
	late := time.Now().Add(30 * time.Second)
	for time.Now().Before(late) {
		a, err := w.chat.GetAnnouncement(backEnd(t), &chatv1.GetAnnouncementRequest{Id: id})
		must(t, err)
		if d := a.GetDelivery(); d.GetStatus() == chatv1.AnnouncementDelivery_done {
			return d
		}
		<-time.After(10 * time.Millisecond) // Nothing tells of it: a back end that wants to know asks again.
	}
	t.Fatal("the delivery is not done")
	return nil
}

func TestAnAnnouncementIsHandedOnToItsWholeAudienceOnce(t *testing.T) {
	w := newWorld(t)
	users := crowd("asso-1", 1203)
	w.settle(t, users...)
	w.settle(t, crowd("asso-2", 10)...)
	events := w.gateway(t)
	w.works(t)
	id := w.announce(t, asRoot(t), announcementTo(toEntity("asso-1"))).GetConversation().GetId()

	recipients, eventIDs := handedTo(t, events, id, len(users)+1)
	slices.Sort(recipients)
	if want := append(ids(users), "root"); !slices.Equal(recipients, want) {
		t.Errorf("handed on to %d users, among them %q", len(recipients), recipients[:3])
	}
	if len(eventIDs) != 1 {
		t.Errorf("one event has the ids %v", eventIDs)
	}
	if d := w.delivered(t, id); d.GetPublishedCount() != int64(len(users)) || d.GetStartedAt() == nil || d.GetFinishedAt() == nil {
		t.Errorf("the delivery is %v", d)
	}
}

func TestADeliveryThatWasBrokenOffGoesOnFromThere(t *testing.T) {
	w := newWorld(t)
	users := crowd("asso-1", 4000)
	w.settle(t, users...)
	events := w.gateway(t)
	stop := w.works(t)
	id := w.announce(t, asRoot(t), announcementTo(toEntity("asso-1"))).GetConversation().GetId()
	first, _ := handedTo(t, events, id, 501)
	stop()
	w.works(t)
	rest, _ := handedTo(t, events, id, len(users)+1-len(first))
	all := slices.Sorted(slices.Values(append(first, rest...)))
	if want := append(ids(users), "root"); !slices.Equal(all, want) {
		t.Errorf("%d users were told, %d of them once", len(all), len(slices.Compact(all)))
	}
	if d := w.delivered(t, id); d.GetPublishedCount() != int64(len(users)) {
		t.Errorf("the delivery is %v", d)
	}
}

func TestAnAnnouncementToEveryoneIsToldOnce(t *testing.T) {
	w := newWorld(t)
	w.settle(t, crowd("asso-1", 30)...)
	events := w.gateway(t)
	w.works(t)
	id := w.announce(t, asRoot(t), announcementTo(toEveryone())).GetConversation().GetId()
	if d := w.delivered(t, id); d.GetPublishedCount() != 30 {
		t.Errorf("the delivery is %v", d)
	}
	e := <-events
	if !e.GetForEveryone() || !slices.Equal(e.GetRecipients(), []string{"root"}) || e.GetEvent().GetEvent() != "announcement.created" {
		t.Errorf("told is %v", e)
	}
	// What comes next is something else: nothing was handed on.
	w.group(t, "alice")
	if next := <-events; next.GetEvent().GetConversationId() == id {
		t.Errorf("told again: %v", next)
	}
}

func TestWhatHappensInAnAnnouncementIsHandedOnToo(t *testing.T) {
	w := newTown(t)
	events := w.gateway(t)
	w.works(t)
	id := w.announce(t, asAnne(t), announcementTo(toEntity("asso-1"))).GetConversation().GetId()
	handedTo(t, events, id, 4)
	_, err := w.chat.DeleteConversation(asAnne(t), &chatv1.DeleteConversationRequest{Id: id})
	must(t, err)
	told, _ := handedTo(t, events, id, 4)
	slices.Sort(told)
	if got := strings.Join(told, " "); got != "anne anne bob carol" {
		t.Errorf("told of its deletion: %s", got)
	}
}

func ids(users []*audiencev1.User) []string {
	list := make([]string, len(users))
	for i, u := range users {
		list[i] = u.GetUserId()
	}
	return list
}

// BenchmarkCreateAnnouncement is what an author waits for, whatever the size of the audience.
func BenchmarkCreateAnnouncement(b *testing.B) {
	for _, size := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := newWorld(b)
			for some := range slices.Chunk(crowd("asso-1", size), 5000) {
				w.settle(b, some...)
			}
			for b.Loop() {
				_, err := w.chat.CreateAnnouncement(asRoot(b), announcementTo(toEntity("asso-1")))
				must(b, err)
			}
		})
	}
}
