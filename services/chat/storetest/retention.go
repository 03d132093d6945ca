package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/palabre/palabre/services/chat"
)

func retention(t *testing.T, s chat.Store) {
	ctx := t.Context()
	head := func() int64 {
		t.Helper()
		head, _, err := s.EventBounds(ctx)
		must(t, err)
		return head
	}
	nobody := time.Now().Add(time.Hour)
	// prune takes away what happened before now, up to a limit, and says up to where events are gone then. Unless the test
	// says otherwise, it waits for no consumer.
	prune := func(p chat.Pruning) (n int, pruned int64) {
		t.Helper()
		if p.Before.IsZero() {
			p.Before = time.Now()
		}
		if p.HeardSince.IsZero() {
			p.HeardSince = nobody
		}
		n, err := s.PruneEvents(ctx, p)
		must(t, err)
		_, pruned, err = s.EventBounds(ctx)
		must(t, err)
		return n, pruned
	}
	c := start(t, s, "alice", "bob")
	for range 9 {
		send(t, s, c, "alice", "bonjour")
	}

	t.Run("what is not old enough stays", func(t *testing.T) {
		if n, pruned := prune(chat.Pruning{Before: time.Now().Add(-time.Hour), Limit: 100}); n != 0 || pruned != 0 {
			t.Errorf("pruned %d, up to %d", n, pruned)
		}
	})

	t.Run("the oldest go first, a portion at a time", func(t *testing.T) {
		if n, pruned := prune(chat.Pruning{Limit: 4}); n != 4 || pruned != 4 {
			t.Errorf("pruned %d, up to %d, want 4", n, pruned)
		}
	})

	t.Run("a position before them is refused, whoever asks, and none behind them", func(t *testing.T) {
		for _, subject := range []string{"bob", ""} {
			q := chat.EventsQuery{ApplicationID: app, Subject: subject, After: 3, Limit: 100}
			if _, err := s.ListEvents(ctx, q); !errors.Is(err, chat.ErrEventsGone) {
				t.Errorf("%q after 3: %v", subject, err)
			}
			q.After = 4
			if events, err := s.ListEvents(ctx, q); err != nil || len(events) != 6 {
				t.Errorf("%q after 4: %d events, %v, want 6", subject, len(events), err)
			}
		}
	})

	t.Run("what a consumer has still to handle stays, unless nothing was heard of it for long", func(t *testing.T) {
		must(t, s.AcknowledgeEvents(ctx, "slow", 6))
		must(t, s.AcknowledgeEvents(ctx, "quick", head()))
		lately := time.Now().Add(-time.Hour)
		if n, pruned := prune(chat.Pruning{HeardSince: lately, Limit: 100}); n != 2 || pruned != 6 {
			t.Errorf("pruned %d, up to %d, want 2 up to 6", n, pruned)
		}
		if n, pruned := prune(chat.Pruning{HeardSince: nobody, Limit: 100}); n != 4 || pruned != head() {
			t.Errorf("pruned %d, up to %d, want 4 up to the head", n, pruned)
		}
	})

	t.Run("what is still to be handed on stays, with how far that has come", func(t *testing.T) {
		before := head()
		news := announce(t, s, "news")
		if n, pruned := prune(chat.Pruning{Limit: 100}); n != 0 || pruned != before {
			t.Errorf("pruned %d, up to %d", n, pruned)
		}
		d, err := s.FindDelivery(ctx, app, news.GetId())
		must(t, err)
		must(t, s.FinishDelivery(ctx, d.Position, 0))
		if n, pruned := prune(chat.Pruning{Limit: 100}); n != 1 || pruned != d.Position {
			t.Errorf("pruned %d, up to %d, want 1 up to %d", n, pruned, d.Position)
		}
		if _, err := s.FindDelivery(ctx, app, news.GetId()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("a finished delivery of an event that is gone is answered %v", err)
		}
	})

	t.Run("positions go on where they were", func(t *testing.T) {
		at := head()
		send(t, s, c, "alice", "encore")
		if list, err := s.ListEvents(ctx, chat.EventsQuery{After: at, Limit: 10}); err != nil || len(list) != 1 || list[0].Position != at+1 {
			t.Errorf("after %d comes %v, %v", at, list, err)
		}
	})
}
