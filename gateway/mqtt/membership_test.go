package mqttgw_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// memberships is a Membership in front of a service, with a clock that stands still.
func memberships(t *testing.T, maxMembers int) (*mqttgw.Membership, *chatService, *atomic.Int64) {
	t.Helper()
	service, now := newChatService(), new(atomic.Int64)
	service.setMembers(group, "alice", "bob", "carol", visitor, "dave")
	service.setMembers(pair, "alice", "bob")
	return mqttgw.NewMembership(mqttgw.MembershipConfig{
		Chat: service.client(t), MaxMembers: maxMembers, Logger: quiet(),
		Now: func() time.Time { return time.Unix(now.Load(), 0) },
	}), service, now
}

func mayAccess(t *testing.T, m *mqttgw.Membership, subject, conversation string) bool {
	t.Helper()
	ok, err := m.MayAccess(t.Context(), "geosector", subject, conversation)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestMembersOnAllPagesAreMembers(t *testing.T) {
	m, _, _ := memberships(t, 0)
	for subject, want := range map[string]bool{"alice": true, "dave": true, visitor: true, "mallory": false, "": false} {
		if got := mayAccess(t, m, subject, group); got != want {
			t.Errorf("%q may access: %v", subject, got)
		}
	}
	all, err := m.Members(t.Context(), "geosector", group)
	if err != nil || len(all) != 5 {
		t.Errorf("the members are %q, %v", all, err)
	}
}

func TestNobodyIsInAConversationThatIsNotThere(t *testing.T) {
	m, _, _ := memberships(t, 0)
	for _, id := range []string{"0197d2a8-0000-7000-8000-0000000000ff", "no id"} {
		if mayAccess(t, m, "alice", id) {
			t.Errorf("alice may access %s", id)
		}
	}
}

func TestAMemberIsRememberedForAMinuteAndAStrangerForASecond(t *testing.T) {
	m, service, now := memberships(t, 0)
	for _, step := range []struct {
		subject string
		after   int64 // seconds from the start
		calls   int
	}{
		{"alice", 0, 1}, {"bob", 0, 1}, {"alice", 59, 1}, {"mallory", 59, 2}, {"mallory", 59, 2}, {"mallory", 60, 3}, {"alice", 119, 3},
		{"alice", 120, 4},
	} {
		now.Store(step.after)
		mayAccess(t, m, step.subject, pair)
		if got := service.called("ListParticipants"); got != step.calls {
			t.Errorf("asked for %s after %d s: %d calls, want %d", step.subject, step.after, got, step.calls)
		}
	}
}

func TestManyWhoAskAtOnceMakeOneCall(t *testing.T) {
	m, service, _ := memberships(t, 0)
	entered, goOn := make(chan struct{}), make(chan struct{})
	service.setBefore(func(context.Context, string, proto.Message) error {
		close(entered)
		<-goOn
		return nil
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { mayAccess(t, m, "alice", pair) })
	}
	<-entered
	close(goOn)
	all.Wait()
	if n := service.called("ListParticipants"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestWhoDoesNotWaitForTheAnswerIsToldNo(t *testing.T) {
	m, service, _ := memberships(t, 0)
	goOn := make(chan struct{})
	service.setBefore(func(context.Context, string, proto.Message) error { <-goOn; return nil })
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if ok, err := m.MayAccess(ctx, "geosector", "alice", pair); ok || err == nil {
		t.Errorf("MayAccess: %v, %v", ok, err)
	}
	close(goOn)
}

func TestWhatCannotBeKnownIsAnError(t *testing.T) {
	m, service, _ := memberships(t, 0)
	service.setBefore(failing("ListParticipants", 1, unavailable()))
	if ok, err := m.MayAccess(t.Context(), "geosector", "alice", pair); ok || err == nil {
		t.Errorf("MayAccess: %v, %v", ok, err)
	}
	if !mayAccess(t, m, "alice", pair) {
		t.Error("the failure is remembered")
	}
}

func TestTheMembersOfTheLeastRecentConversationsAreForgotten(t *testing.T) {
	m, service, _ := memberships(t, 9) // three conversations of two members
	var ids []string
	for i := range 4 {
		ids = append(ids, fmt.Sprintf("0197d2a8-0000-7000-8000-%012d", i))
		service.setMembers(ids[i], "alice", "bob")
	}
	for _, i := range []int{0, 1, 2, 0, 3} { // 1 was not asked for the longest
		mayAccess(t, m, "alice", ids[i])
	}
	before := service.called("ListParticipants")
	mayAccess(t, m, "alice", ids[0])
	mayAccess(t, m, "alice", ids[2])
	if n := service.called("ListParticipants") - before; n != 0 {
		t.Errorf("%d calls for what should be known", n)
	}
	mayAccess(t, m, "alice", ids[1])
	if n := service.called("ListParticipants") - before; n != 1 {
		t.Errorf("%d calls for what should be forgotten", n)
	}
}

func TestOneWhoIsAddedMayAccessAtOnce(t *testing.T) {
	w := start(t)
	dave := w.connects("dave")
	if may, _ := w.membership.MayAccess(t.Context(), "geosector", "dave", group); may {
		t.Fatal("dave may access before")
	}
	w.chat.setMembers(group, "alice", "dave")
	w.chat.happens("participant.added", group, chatv1.Conversation_group, "alice", "dave")
	dave.event()
	dave.subscribes("chat/conversation/" + group)
}

// removes takes somebody out of the group and waits until the gateway has seen it.
func (w *world) removes(subject string, left ...string) {
	w.t.Helper()
	w.chat.setMembers(group, left...)
	w.chat.commit("geosector", &chatv1.Event{
		Event: "participant.removed", ConversationId: group, Payload: &chatv1.Event_Participant{Participant: participant(subject)},
	}, chatv1.Conversation_group, append(left, subject)...)
	select {
	case got := <-w.removed:
		if want := "geosector " + subject + " " + group; got != want {
			w.t.Errorf("told of %s, want %s", got, want)
		}
	case <-time.After(patience):
		w.t.Fatal("nobody is told of the removal")
	}
}

func TestOneWhoIsRemovedHearsNothingMoreOfTheGroup(t *testing.T) {
	w := start(t)
	bob, carol := w.connects("bob"), w.connects("carol")
	for _, p := range []*person{bob, carol} {
		p.subscribes("chat/conversation/" + group)
	}
	w.chat.happens("before", group, chatv1.Conversation_group)
	carol.hears("chat/conversation/"+group, new(chatv1.Event))
	w.removes("carol", "alice", "bob")
	w.chat.happens("after", group, chatv1.Conversation_group)
	w.chat.happens("last", pair, chatv1.Conversation_one_to_one, "carol", "bob")
	var heard []string
	for len(heard) == 0 || heard[len(heard)-1] != "carol last" {
		heard = append(heard, carol.next())
	}
	if fmt.Sprint(heard) != "[carol participant.removed carol last]" {
		t.Errorf("carol hears %q", heard)
	}
	if may, _ := w.membership.MayAccess(t.Context(), "geosector", "carol", group); may {
		t.Error("carol may access after")
	}
}

func TestALoadThatBeganBeforeARemovalIsNotRememberedAfterIt(t *testing.T) {
	w := start(t)
	read, goOn := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	w.chat.setBefore(func(_ context.Context, method string, _ proto.Message) error {
		if method == "ListParticipants" && first.CompareAndSwap(false, true) {
			close(read) // The service has read the members, and the answer takes its time.
			<-goOn
		}
		return nil
	})
	early := make(chan bool, 1)
	go func() {
		may, _ := w.membership.MayAccess(context.Background(), "geosector", "carol", group)
		early <- may
	}()
	<-read
	w.removes("carol", "alice", "bob")
	if may, _ := w.membership.MayAccess(t.Context(), "geosector", "carol", group); may {
		t.Error("while the old answer is on its way, carol may access")
	}
	close(goOn)
	if <-early {
		t.Error("who asked before the removal is answered with the members of before, after it")
	}
	if may, _ := w.membership.MayAccess(t.Context(), "geosector", "carol", group); may {
		t.Error("once the old answer has come, carol may access")
	}
}
