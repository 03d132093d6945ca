package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// longAway is about people who come back after so many events of others that a Store should not look at each.
func longAway(t *testing.T, s chat.Store) {
	ctx := t.Context()
	var want []string
	told := func(m *chatv1.Message) { want = append(want, m.GetContent()) }

	before := start(t, s, "ann", "ben")
	quiet := start(t, s, "ann", "ben")
	send(t, s, quiet, "ben", "before she left")
	start, _, err := s.EventBounds(ctx)
	must(t, err)

	told(send(t, s, before, "ben", "near"))
	crowd(t, s, 1100)
	told(send(t, s, before, "ben", "beyond the first thousand"))
	left := create(t, s, chatv1.Conversation_group, "", "ben", "ann")
	send(t, s, left, "ben", "where she is no more")
	must(t, s.RemoveParticipant(ctx, app, left.GetId(), left.GetParticipants()[1].GetId()))
	joined := create(t, s, chatv1.Conversation_group, "", "ben", "cleo")
	send(t, s, joined, "ben", "before she joined")
	_, _, err = s.AddParticipant(ctx, app, member(joined, "ann", false))
	must(t, err)
	told(send(t, s, joined, "cleo", "after she joined"))
	news, others := announce(t, s, "news"), announce(t, s, "others")
	want = append(want, "Texte : news")
	crowd(t, s, 50)
	told(send(t, s, joined, "ben", "the last"))

	// texts answers the contents of ann's messages since she left, asking for so many events at a time.
	texts := func(t *testing.T, limit int) (texts, kinds []string) {
		t.Helper()
		q := chat.EventsQuery{ApplicationID: app, Subject: "ann", After: start, Limit: limit, Announcements: []string{news.GetId()}}
		for {
			page, err := s.ListEvents(ctx, q)
			must(t, err)
			for _, e := range page {
				if e.Position <= q.After {
					t.Fatalf("after position %d comes %d", q.After, e.Position)
				}
				q.After = e.Position
				kinds = append(kinds, e.Event.GetEvent())
				if m := e.Event.GetMessage(); m != nil {
					texts = append(texts, m.GetContent())
				}
				if e.Event.GetConversationId() == others.GetId() {
					t.Errorf("she sees an announcement to others")
				}
			}
			if len(page) < limit {
				return texts, kinds
			}
		}
	}
	for _, limit := range []int{1, 2, 7, 200} {
		t.Run(fmt.Sprintf("pages of %d hold everything that is theirs, once and in order", limit), func(t *testing.T) {
			got, kinds := texts(t, limit)
			if !slices.Equal(got, want) {
				t.Errorf("she reads %q\nwant      %q", got, want)
			}
			if !slices.Contains(kinds, chat.EventParticipantRemoved) || !slices.Contains(kinds, chat.EventParticipantAdded) {
				t.Errorf("she is not told that she was removed and added: %v", kinds)
			}
		})
	}

	t.Run("one who sees nothing of it gets nothing", func(t *testing.T) {
		for _, q := range []chat.EventsQuery{
			{ApplicationID: app, Subject: "mallory", After: start, Limit: 100},
			{ApplicationID: other, Subject: "ann", After: start, Limit: 100, Announcements: []string{news.GetId()}},
		} {
			if events, err := s.ListEvents(ctx, q); err != nil || len(events) != 0 {
				t.Errorf("%s of %s sees %v, %v", q.Subject, q.ApplicationID, events, err)
			}
		}
	})
}

// crowd makes others say so much.
func crowd(t *testing.T, s chat.Store, messages int) {
	t.Helper()
	run := fmt.Sprint(time.Now().UnixNano())
	const talkers = 4
	var group errgroup.Group
	for i := range talkers {
		c := start(t, s, fmt.Sprint("talker", i), "listener")
		group.Go(func() error {
			for n := range messages / talkers {
				d := draft(c, fmt.Sprint("talker", i), fmt.Sprint(run, n), "bla")
				if _, _, err := s.AppendMessage(t.Context(), d, anyone); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, group.Wait())
}
