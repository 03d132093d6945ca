package storetest

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// repeats are messages that come again. A store may not look for them before one came, so what holds of the first has to hold
// of the others as well.
func repeats(t *testing.T, s chat.Store) {
	c := start(t, s, "alice", "bob")
	refusal := errors.New("alice may not write any more")
	refuse := func(*chatv1.Conversation, *chatv1.Participant) error { return refusal }
	stored := send(t, s, c, "alice", "bonjour")
	repeat := func(t *testing.T, permit chat.Permit) {
		t.Helper()
		again, duplicate, err := s.AppendMessage(t.Context(), draft(c, "alice", stored.GetClientMessageId(), "bonjour"), permit)
		if err != nil || !duplicate || again.GetId() != stored.GetId() || again.GetSeq() != stored.GetSeq() {
			t.Errorf("the repeat of %v is duplicate=%v %v, %v", stored, duplicate, again, err)
		}
	}
	for i := range 2 {
		t.Run(fmt.Sprintf("one is answered though its sender may not write any more (%d)", i+1), func(t *testing.T) {
			repeat(t, refuse)
			_, _, err := s.AppendMessage(t.Context(), draft(c, "alice", fmt.Sprint("new ", i), "bonsoir"), refuse)
			if !errors.Is(err, refusal) {
				t.Errorf("a new one is answered %v", err)
			}
		})
		t.Run(fmt.Sprintf("one among new ones takes none of them with it (%d)", i+1), func(t *testing.T) {
			before := len(history(t, s, c))
			var group errgroup.Group
			for n := range 20 {
				group.Go(func() error {
					_, duplicate, err := s.AppendMessage(t.Context(), draft(c, "bob", fmt.Sprint(i, " ", n), "oui"), anyone)
					if duplicate {
						err = errors.Join(err, fmt.Errorf("message %d is a repeat", n))
					}
					return err
				})
				if n%5 == 0 {
					group.Go(func() error { repeat(t, anyone); return nil })
				}
			}
			must(t, group.Wait())
			if got := len(history(t, s, c)); got != before+20 {
				t.Errorf("%d messages are stored, want %d", got, before+20)
			}
		})
	}
}
