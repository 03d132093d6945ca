package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// waiting is what becomes of messages that come while a transaction of others is under way.
func waiting(t *testing.T, s chat.Store) {
	t.Run("they share the next one, and those that may not be fail alone", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		release := occupy(t, s, c)
		refusal := errors.New("not you")
		permits := []chat.Permit{anyone, func(*chatv1.Conversation, *chatv1.Participant) error { return refusal }, anyone, anyone}
		// A text that PostgreSQL cannot keep makes the whole transaction fail.
		contents := []string{"one", "refused", "a\x00b", "two"}
		var waits []func() (*chatv1.Message, bool, error)
		for i, content := range contents {
			waits = append(waits, s.SubmitMessage(t.Context(), draft(c, "alice", fmt.Sprint(i), content), permits[i]))
		}
		release()
		var stored []string
		for i, wait := range waits {
			m, _, err := wait()
			if err == nil {
				stored = append(stored, m.GetContent())
			}
			if i == 1 && !errors.Is(err, refusal) || i != 1 && i != 2 && err != nil {
				t.Errorf("%s is answered %v", contents[i], err)
			}
		}
		if got := history(t, s, c); !slices.Equal(got[1:], stored) { // after what occupied the transaction
			t.Errorf("stored are %q, answered %q", got, stored)
		}
	})

	t.Run("a batch is one transaction", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		release := occupy(t, s, c)
		first, second := s.SubmitMessage(t.Context(), draft(c, "alice", "1", "un"), anyone), s.SubmitMessage(t.Context(), draft(c, "bob", "2", "deux"), anyone)
		release()
		for _, wait := range []func() (*chatv1.Message, bool, error){first, second} {
			_, _, err := wait()
			must(t, err)
		}
		list, err := s.ListEvents(t.Context(), chat.EventsQuery{ApplicationID: app, Limit: 1000})
		must(t, err)
		if a, b := list[len(list)-2].Event, list[len(list)-1].Event; !a.GetAt().AsTime().Equal(b.GetAt().AsTime()) || a.GetMessage().GetSeq() != 2 {
			t.Errorf("they were committed as %v and %v", a, b)
		}
	})

	t.Run("a caller who gives up is told so, and it is not stored", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		release := occupy(t, s, c)
		ctx, giveUp := context.WithCancel(t.Context())
		wait := s.SubmitMessage(ctx, draft(c, "alice", "late", "too late"), anyone)
		giveUp()
		if _, _, err := wait(); !errors.Is(err, context.Canceled) {
			t.Errorf("the answer is %v", err)
		}
		release()
		send(t, s, c, "alice", "in time")
		if got := history(t, s, c); slices.Contains(got, "too late") {
			t.Errorf("stored are %q", got)
		}
	})

	t.Run("too many are refused, and told to come back", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		release := occupy(t, s, c)
		defer release()
		over, giveUp := context.WithCancel(t.Context())
		giveUp() // so that nobody waits
		for n := range 100_000 {
			_, _, err := s.SubmitMessage(over, draft(c, "alice", fmt.Sprint(n), "x"), anyone)()
			if errors.Is(err, chat.ErrOverloaded) {
				return
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("message %d is answered %v", n, err)
			}
		}
		t.Error("a hundred thousand wait")
	})
}

// occupy begins a transaction in a conversation, which ends when release is called.
func occupy(t *testing.T, s chat.Store, c *chatv1.Conversation) (release func()) {
	t.Helper()
	began, end := make(chan struct{}), make(chan struct{})
	var once sync.Once
	wait := s.SubmitMessage(t.Context(), draft(c, "alice", "occupied", "first"), func(*chatv1.Conversation, *chatv1.Participant) error {
		once.Do(func() { close(began) })
		<-end
		return nil
	})
	<-began
	return func() {
		close(end)
		_, _, err := wait()
		must(t, err)
	}
}
