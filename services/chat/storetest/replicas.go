package storetest

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// RunReplicas runs what two Stores on one database have to do, as two processes have.
func RunReplicas(t *testing.T, newStores func(*testing.T) (a, b chat.Store)) {
	t.Run("one who follows at either sees every position once, and messages in the order of their seqs", func(t *testing.T) {
		a, b := newStores(t)
		head, _, err := a.EventBounds(t.Context())
		must(t, err)
		const conversations, writers, each = 3, 4, 20
		var group errgroup.Group
		for n := range conversations {
			c := start(t, a, "alice", "bob")
			for w := range writers {
				group.Go(func() error { return write(t, []chat.Store{a, b}[w%2], c, fmt.Sprint(n, w), each) })
			}
		}
		for _, reader := range []chat.Store{a, b} {
			for _, recent := range []bool{false, true} {
				group.Go(func() error { return followTo(t, reader, recent, head, conversations*(writers*each+1)) })
			}
		}
		must(t, group.Wait())
	})

	t.Run("who follows the one sees what the other finds in the database", func(t *testing.T) {
		following(t, newStores)
	})

	t.Run("the same message sent to both is stored once", func(t *testing.T) {
		a, b := newStores(t)
		c := start(t, a, "alice", "bob")
		var group errgroup.Group
		for _, s := range []chat.Store{a, b, a, b} {
			group.Go(func() error { return write(t, s, c, "same", 20) })
		}
		must(t, group.Wait())
		if got := history(t, b, c); len(got) != 20 {
			t.Errorf("%d messages are stored, want 20", len(got))
		}
	})
}

func write(t *testing.T, s chat.Store, c *chatv1.Conversation, writer string, messages int) error {
	for n := range messages {
		d := draft(c, "alice", fmt.Sprint(writer, "-", n), "bonjour")
		if _, _, err := s.AppendMessage(t.Context(), d, anyone); err != nil {
			return err
		}
	}
	return nil
}

// followTo follows the feed until there were so many events.
func followTo(t *testing.T, s chat.Store, recent bool, head, events int64) error {
	seqs := map[string]int64{}
	for at := head; at < head+events; {
		list, err := s.ListEvents(t.Context(), chat.EventsQuery{After: at, Limit: 7, Recent: recent})
		if err != nil {
			return err
		}
		for _, e := range list {
			if at++; e.Position != at {
				return fmt.Errorf("after position %d comes %d", at-1, e.Position)
			}
			c := e.Event.GetConversationId()
			if e.Event.GetMessage() == nil {
				continue
			}
			if seqs[c]++; e.Event.GetMessage().GetSeq() != seqs[c] {
				return fmt.Errorf("in %s, after seq %d comes %d", c, seqs[c]-1, e.Event.GetMessage().GetSeq())
			}
		}
	}
	return nil
}
