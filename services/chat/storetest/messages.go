package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

func messages(t *testing.T, s chat.Store) {
	t.Run("seqs have no gaps and no repeats however many send at once", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		const senders, each = 8, 10
		var group errgroup.Group
		for i := range senders {
			group.Go(func() error {
				for n := range each {
					d := draft(c, "alice", fmt.Sprintf("%d-%d", i, n), fmt.Sprintf("%d of %d", n, i))
					if _, _, err := s.AppendMessage(t.Context(), d, anyone); err != nil {
						return err
					}
				}
				return nil
			})
		}
		must(t, group.Wait())
		list, err := s.ListMessages(t.Context(), chat.MessagesQuery{ApplicationID: app, ConversationID: c.GetId(), Ascending: true, Limit: 1000})
		must(t, err)
		if len(list) != senders*each {
			t.Fatalf("%d messages are stored, %d were sent", len(list), senders*each)
		}
		for i, m := range list {
			if m.GetSeq() != int64(i+1) {
				t.Fatalf("message %d has seq %d", i+1, m.GetSeq())
			}
		}
	})

	t.Run("the same id stores one message, however many repeat it at once", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		var group errgroup.Group
		var mu sync.Mutex
		first := 0
		for range 8 {
			group.Go(func() error {
				m, duplicate, err := s.AppendMessage(t.Context(), draft(c, "alice", "once", "bonjour"), anyone)
				mu.Lock()
				defer mu.Unlock()
				if !duplicate {
					first++
				}
				if err == nil && m.GetSeq() != 1 {
					err = fmt.Errorf("seq %d", m.GetSeq())
				}
				return err
			})
		}
		must(t, group.Wait())
		if got := history(t, s, c); first != 1 || len(got) != 1 {
			t.Errorf("%d calls said they were the first, and %d messages are stored", first, len(got))
		}
	})

	t.Run("the same id with another content is refused", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		_, _, err := s.AppendMessage(t.Context(), draft(c, "alice", "once", "bonjour"), anyone)
		must(t, err)
		_, _, err = s.AppendMessage(t.Context(), draft(c, "alice", "once", "bonsoir"), anyone)
		if !errors.Is(err, chat.ErrIdempotencyConflict) {
			t.Errorf("the answer is %v", err)
		}
	})

	t.Run("what permit refuses takes no seq", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		refusal := errors.New("not you")
		var asked *chatv1.Participant
		_, _, err := s.AppendMessage(t.Context(), draft(c, "mallory", "1", "hello"), func(_ *chatv1.Conversation, p *chatv1.Participant) error {
			asked = p
			return refusal
		})
		if !errors.Is(err, refusal) || asked != nil {
			t.Errorf("the answer is %v, and permit was asked of %v", err, asked)
		}
		if m := send(t, s, c, "alice", "bonjour"); m.GetSeq() != 1 {
			t.Errorf("the next message has seq %d", m.GetSeq())
		}
	})

	t.Run("a message is read as it was answered, to the microsecond", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		content := "Élodie œuvre 👩‍👩‍👧 \u202e fin"
		sent := send(t, s, c, "alice", content)
		stored, _, err := s.FindMessage(t.Context(), app, sent.GetId())
		must(t, err)
		if stored.String() != sent.String() {
			t.Errorf("answered %v\nstored %v", sent, stored)
		}
	})

	t.Run("history pages newest first below a seq and oldest first above one", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		for i := range 5 {
			send(t, s, c, "alice", fmt.Sprint(i+1))
		}
		below, err := s.ListMessages(t.Context(), chat.MessagesQuery{ApplicationID: app, ConversationID: c.GetId(), Before: 4, Limit: 2})
		must(t, err)
		above, err := s.ListMessages(t.Context(), chat.MessagesQuery{ApplicationID: app, ConversationID: c.GetId(), After: 3, Ascending: true, Limit: 9})
		must(t, err)
		first, err := s.ListMessages(t.Context(), chat.MessagesQuery{ApplicationID: app, ConversationID: c.GetId(), Before: 3, Limit: 9})
		must(t, err)
		if len(below) != 2 || below[0].GetContent() != "3" || below[1].GetContent() != "2" {
			t.Errorf("2 below 4 are %v", below)
		}
		if len(first) != 2 || first[0].GetContent() != "2" || first[1].GetContent() != "1" {
			t.Errorf("below 3 are %v", first)
		}
		if len(above) != 2 || above[0].GetContent() != "4" || above[1].GetContent() != "5" {
			t.Errorf("above 3 are %v", above)
		}
	})

	t.Run("an edit replaces the text, a deletion leaves none, and neither moves anything", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		m, second := send(t, s, c, "alice", "secret"), send(t, s, c, "alice", "autre")
		edited, err := s.EditMessage(t.Context(), edit(app, m, "discret", "alice"))
		must(t, err)
		if edited.GetContent() != "discret" || edited.GetEditedAt() == nil {
			t.Errorf("after the edit it is %v", edited)
		}
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "alice"))
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "alice"))
		if got := history(t, s, c); !slices.Equal(got, []string{"", second.GetContent()}) {
			t.Errorf("history is %q", got)
		}
		if _, err := s.EditMessage(t.Context(), edit(app, m, "encore", "alice")); !errors.Is(err, chat.ErrMessageDeleted) {
			t.Errorf("editing a deleted message answers %v", err)
		}
		_, duplicate, err := s.AppendMessage(t.Context(), draft(c, "alice", m.GetClientMessageId(), "secret"), anyone)
		if err != nil || !duplicate {
			t.Errorf("its repeat is duplicate=%v, %v", duplicate, err)
		}
	})

	t.Run("who changed a message is kept, newest first, and no change that was none", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		m := send(t, s, c, "bob", "bonjuor")
		_, err := s.EditMessage(t.Context(), edit(app, m, "bonjour", "bob"))
		must(t, err)
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "alice"))
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), ""))
		changes, err := s.ListMessageChanges(t.Context(), app, m.GetId(), 10)
		must(t, err)
		var got []string
		for _, change := range changes {
			got = append(got, change.GetAction().String()+" by "+change.GetUserId())
			if change.GetMessageId() != m.GetId() || change.GetAt().AsTime().Before(m.GetCreatedAt().AsTime()) {
				t.Errorf("the change is %v", change)
			}
		}
		if !slices.Equal(got, []string{"deleted by alice", "edited by bob"}) {
			t.Errorf("the changes are %v", got)
		}
	})

	t.Run("a conversation that is gone takes no message", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		must(t, s.DeleteConversation(t.Context(), app, c.GetId()))
		if _, _, err := s.AppendMessage(t.Context(), draft(c, "alice", "1", "hello"), anyone); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the answer is %v", err)
		}
	})
}

func conversations(t *testing.T, s chat.Store) {
	t.Run("a pair has one conversation, however often it is asked for at once, and a new one after a deletion", func(t *testing.T) {
		var group errgroup.Group
		ids := make([]string, 6)
		for i := range ids {
			group.Go(func() error {
				c, _, err := s.CreateConversation(t.Context(), newConversation(chatv1.Conversation_one_to_one, "ann", "ben"), "ann|ben")
				ids[i] = c.GetId()
				return err
			})
		}
		must(t, group.Wait())
		if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
			t.Fatalf("the pair has conversations %v", ids)
		}
		must(t, s.DeleteConversation(t.Context(), app, ids[0]))
		if again := create(t, s, chatv1.Conversation_one_to_one, "ann|ben", "ann", "ben"); again.GetId() == ids[0] {
			t.Error("the deleted conversation was answered")
		}
	})

	t.Run("lists come pinned first, then by latest activity, page by page", func(t *testing.T) {
		var want []string
		for range 5 {
			c := start(t, s, "lea", "leo")
			send(t, s, c, "leo", "hello")
			want = append([]string{c.GetId()}, want...)
		}
		pinned := want[3]
		_, err := s.UpdateConversation(t.Context(), app, pinned, func(c *chatv1.Conversation) error { c.IsPinned = true; return nil })
		must(t, err)
		want = append([]string{pinned}, slices.Delete(want, 3, 4)...)

		var got []string
		var after *chat.ConversationKey
		for {
			list, err := page(t.Context(), s, "lea", after, 2)
			must(t, err)
			if len(list) == 0 {
				break
			}
			for _, c := range list {
				got = append(got, c.GetId())
				if c.GetUnreadCount() != 1 || c.GetLastMessage().GetContent() != "hello" {
					t.Errorf("listed with %d unread and last message %v", c.GetUnreadCount(), c.GetLastMessage())
				}
			}
			key := chat.KeyOf(list[len(list)-1])
			after = &key
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %v\nwant   %v", got, want)
		}
	})

	t.Run("an expired conversation is listed to its author alone", func(t *testing.T) {
		c := start(t, s, "eva", "eve")
		_, err := s.UpdateConversation(t.Context(), app, c.GetId(), func(c *chatv1.Conversation) error {
			c.ExpiryDate = c.GetCreatedAt()
			return nil
		})
		must(t, err)
		for user, want := range map[string]int{"eva": 1, "eve": 0} {
			if list, err := page(t.Context(), s, user, nil, 10); err != nil || len(list) != want {
				t.Errorf("%s is listed %d conversations, %v", user, len(list), err)
			}
		}
	})

	t.Run("a failed change changes nothing", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		refusal := errors.New("no")
		_, err := s.UpdateConversation(t.Context(), app, c.GetId(), func(c *chatv1.Conversation) error { c.Title = "x"; return refusal })
		if !errors.Is(err, refusal) {
			t.Errorf("the answer is %v", err)
		}
		stored, _, err := s.GetMembership(t.Context(), app, c.GetId(), "")
		if err != nil || stored.GetTitle() != "" {
			t.Errorf("stored is %v, %v", stored, err)
		}
	})

	t.Run("ids that differ in case are different people", func(t *testing.T) {
		c := start(t, s, "Zoe", "zoe")
		if _, p, err := s.GetMembership(t.Context(), app, c.GetId(), "ZOE"); err != nil || p != nil {
			t.Errorf("ZOE is %v, %v", p, err)
		}
		if list, err := page(t.Context(), s, "zoE", nil, 10); err != nil || len(list) != 0 {
			t.Errorf("zoE is listed %v, %v", list, err)
		}
	})
}

func applications(t *testing.T, s chat.Store) {
	c := start(t, s, "alice", "bob")
	m := send(t, s, c, "alice", "bonjour")
	notFound := map[string]error{}
	_, _, notFound["GetMembership"] = s.GetMembership(t.Context(), other, c.GetId(), "alice")
	_, notFound["UpdateConversation"] = s.UpdateConversation(t.Context(), other, c.GetId(), func(*chatv1.Conversation) error { return nil })
	notFound["DeleteConversation"] = s.DeleteConversation(t.Context(), other, c.GetId())
	_, _, notFound["AddParticipant"] = s.AddParticipant(t.Context(), other, member(c, "mallory", false))
	notFound["RemoveParticipant"] = s.RemoveParticipant(t.Context(), other, c.GetId(), c.GetParticipants()[1].GetId())
	_, _, notFound["FindMessage"] = s.FindMessage(t.Context(), other, m.GetId())
	_, notFound["EditMessage"] = s.EditMessage(t.Context(), edit(other, m, "x", "alice"))
	notFound["DeleteMessage"] = s.DeleteMessage(t.Context(), other, m.GetId(), "alice")
	_, notFound["AdvanceReceipt"] = s.AdvanceReceipt(t.Context(), other, c.GetId(), "alice", chat.Read, 1)
	d := draft(c, "alice", "2", "x")
	d.ApplicationID = other
	_, _, notFound["AppendMessage"] = s.AppendMessage(t.Context(), d, anyone)
	for call, err := range notFound {
		if !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s from another application answers %v", call, err)
		}
	}
	must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "alice"))
	if list, err := s.ListMessageChanges(t.Context(), other, m.GetId(), 10); err != nil || len(list) != 0 {
		t.Errorf("ListMessageChanges answers %v, %v", list, err)
	}
	if n, err := s.CountUnread(t.Context(), chat.ConversationsQuery{ApplicationID: other, Subject: "bob", Now: time.Now()}); err != nil || n != 0 {
		t.Errorf("CountUnread answers %d, %v", n, err)
	}
	if list, err := s.ListMessages(t.Context(), chat.MessagesQuery{ApplicationID: other, ConversationID: c.GetId(), Before: 2, Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("ListMessages answers %v, %v", list, err)
	}
	if list, err := s.ListConversations(t.Context(), chat.ConversationsQuery{
		ApplicationID: other, Subject: "alice", Limit: 10, Now: time.Now(), Announcements: []string{c.GetId()},
	}); err != nil || len(list) != 0 {
		t.Errorf("ListConversations answers %v, %v", list, err)
	}
	if list, err := s.ListParticipants(t.Context(), other, c.GetId(), chat.ParticipantKey{}, 10); err != nil || len(list) != 0 {
		t.Errorf("ListParticipants answers %v, %v", list, err)
	}
	for _, subject := range []string{"", "alice"} {
		if list, err := s.ListEvents(t.Context(), chat.EventsQuery{ApplicationID: other, Subject: subject, Limit: 10}); err != nil || len(list) != 0 {
			t.Errorf("ListEvents for %q answers %v, %v", subject, list, err)
		}
	}
}
