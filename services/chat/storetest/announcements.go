package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// announce stores an announcement of alice's.
func announce(t *testing.T, s chat.Store, title string, change ...func(*chat.Announcement)) *chatv1.Conversation {
	t.Helper()
	a := newAnnouncement(title)
	for _, f := range change {
		f(&a)
	}
	c, _, err := s.CreateAnnouncement(t.Context(), a)
	must(t, err)
	return c
}

func newAnnouncement(title string) chat.Announcement {
	c := newConversation(chatv1.Conversation_announcement, "alice")
	c.Title = title
	c.ReplyPermission = chatv1.Conversation_none
	d := draft(c, "alice", uuid.NewString(), "Texte : "+title)
	d.Message.IsAnnouncement = true
	return chat.Announcement{Conversation: c, Draft: d}
}

// titles answers the titles of a list of announcements.
func titles(list []*chatv1.Announcement) []string {
	var titles []string
	for _, a := range list {
		titles = append(titles, a.GetConversation().GetTitle())
	}
	return titles
}

// addressed looks for announcements to bob.
func addressed(to ...*chatv1.Conversation) chat.AnnouncementsQuery {
	q := chat.AnnouncementsQuery{ApplicationID: app, Subject: "bob", Author: "bob", Limit: 10, Now: time.Now()}
	for _, c := range to {
		q.IDs = append(q.IDs, c.GetId())
	}
	return q
}

func announcements(t *testing.T, s chat.Store) {
	ctx := t.Context()
	wantTitles := func(t *testing.T, q chat.AnnouncementsQuery, want ...string) []*chatv1.Announcement {
		t.Helper()
		list, err := s.ListAnnouncements(ctx, q)
		must(t, err)
		if got := titles(list); !slices.Equal(got, want) {
			t.Errorf("the announcements are %q, want %q", got, want)
		}
		return list
	}

	t.Run("come newest first with their message, all unread", func(t *testing.T) {
		first, second := announce(t, s, "first"), announce(t, s, "second")
		list := wantTitles(t, addressed(first, second), "second", "first")
		a := list[0]
		if a.GetMessage().GetContent() != "Texte : second" || !a.GetMessage().GetIsAnnouncement() || a.GetMessage().GetSeq() != 1 {
			t.Errorf("the message is %v", a.GetMessage())
		}
		if a.GetConversation().GetUnreadCount() != 1 {
			t.Errorf("%d are unread", a.GetConversation().GetUnreadCount())
		}
		q := addressed(first, second)
		q.Before = second.GetId()
		wantTitles(t, q, "first")
		q = addressed(first, second)
		q.From = second.GetId()
		wantTitles(t, q, "second")
	})

	t.Run("that are not addressed to someone are their author's only", func(t *testing.T) {
		announce(t, s, "to others")
		wantTitles(t, addressed())
		author := addressed()
		author.Subject, author.Author, author.Limit = "alice", "alice", 1
		list := wantTitles(t, author, "to others")
		if list[0].GetConversation().GetUnreadCount() != 0 {
			t.Error("its author has not read their own announcement")
		}
	})

	t.Run("that have expired are their author's only", func(t *testing.T) {
		over := announce(t, s, "over", func(a *chat.Announcement) {
			a.Conversation.ExpiryDate = timestamppb.New(time.Now().Add(-time.Second))
		})
		wantTitles(t, addressed(over))
		author := addressed(over)
		author.Subject, author.Author, author.Limit = "alice", "alice", 1
		wantTitles(t, author, "over")
	})

	t.Run("of another application are nobody's", func(t *testing.T) {
		c := announce(t, s, "ours")
		q := addressed(c)
		q.ApplicationID = other
		wantTitles(t, q)
	})

	t.Run("with the same key are one", func(t *testing.T) {
		keyed := func(a *chat.Announcement) { a.Key = "announcement=1" }
		c := announce(t, s, "once", keyed)
		again := newAnnouncement("twice")
		keyed(&again)
		stored, created, err := s.CreateAnnouncement(ctx, again)
		must(t, err)
		if created || stored.GetId() != c.GetId() {
			t.Errorf("the answer is %v, created %v", stored, created)
		}
		found, err := s.FindByKey(ctx, app, "announcement=1")
		must(t, err)
		if found.GetId() != c.GetId() {
			t.Errorf("the key's is %v", found)
		}
	})

	t.Run("have watermarks for those of their audience who take a place", func(t *testing.T) {
		c := announce(t, s, "read it")
		place := member(c, "bob", false)
		place.ViaTarget = uuid.NewString()
		must(t, s.JoinAudience(ctx, app, place))
		must(t, s.JoinAudience(ctx, app, place))
		p, err := s.AdvanceAddressee(ctx, app, c.GetId(), "bob", chat.Read, 1)
		must(t, err)
		if p.GetReadSeq() != 1 || p.GetViaTarget() == "" {
			t.Errorf("bob is %v", p)
		}
		list := wantTitles(t, addressed(c), "read it")
		if list[0].GetConversation().GetUnreadCount() != 0 {
			t.Error("it is still unread")
		}
		members, err := s.ListParticipants(ctx, app, c.GetId(), chat.ParticipantKey{}, 10)
		must(t, err)
		subjects, err := s.ListSubjects(ctx, app, c.GetId())
		must(t, err)
		if len(members) != 1 || !slices.Equal(subjects.Subjects, []string{"alice"}) {
			t.Errorf("its participants are %v, its events are for %v: the audience is the directory's to tell", members, subjects)
		}
	})
}

func deliveries(t *testing.T, s chat.Store) {
	ctx := t.Context()
	pendingOf := func(t *testing.T, c *chatv1.Conversation) []chat.Delivery {
		t.Helper()
		all, err := s.ListDeliveries(ctx, 100)
		must(t, err)
		return slices.DeleteFunc(all, func(d chat.Delivery) bool { return d.ConversationID != c.GetId() })
	}
	handedOn := func(t *testing.T, after int64) []chat.StoredEvent {
		t.Helper()
		events, err := s.ListEvents(ctx, chat.EventsQuery{After: after, Limit: 1000, HandedOn: true})
		must(t, err)
		return slices.DeleteFunc(events, func(e chat.StoredEvent) bool { return e.Origin == 0 })
	}

	t.Run("go on from the last user they were handed on to", func(t *testing.T) {
		c := announce(t, s, "news")
		d := pendingOf(t, c)[0]
		after, handed, err := s.HandOn(ctx, d, []string{"bob", "carol"})
		must(t, err)
		if !handed || after.AfterUserID != "carol" || after.PublishedCount != 2 || after.StartedAt.IsZero() {
			t.Errorf("handed %v: %+v", handed, after)
		}
		events := handedOn(t, d.Position)
		if len(events) != 1 || !slices.Equal(events[0].Addressees, []string{"bob", "carol"}) || events[0].Origin != d.Position ||
			events[0].Event.GetEvent() != chat.EventAnnouncementCreated || events[0].Event.GetMessage().GetContent() != "Texte : news" ||
			events[0].Event.GetTitle() != "news" {
			t.Errorf("handed on are %v", events)
		}
		if _, handed, err := s.HandOn(ctx, d, []string{"bob"}); err != nil || handed {
			t.Errorf("a process that is behind handed on again: %v, %v", handed, err)
		}
		must(t, s.FinishDelivery(ctx, d.Position, after.PublishedCount))
		if left := pendingOf(t, c); len(left) != 0 {
			t.Errorf("still to be done: %v", left)
		}
		kept, err := s.FindDelivery(ctx, app, c.GetId())
		must(t, err)
		if kept.PublishedCount != 2 || kept.FinishedAt.IsZero() {
			t.Errorf("kept is %+v", kept)
		}
	})

	t.Run("are for gateways: users find the event itself", func(t *testing.T) {
		head, _, err := s.EventBounds(ctx)
		must(t, err)
		c := announce(t, s, "once")
		_, _, err = s.HandOn(ctx, pendingOf(t, c)[0], []string{"bob"})
		must(t, err)
		for subject, ids := range map[string][]string{"bob": {c.GetId()}, "alice": nil, "": nil} {
			events, err := s.ListEvents(ctx, chat.EventsQuery{ApplicationID: app, Subject: subject, After: head, Limit: 10, Announcements: ids})
			must(t, err)
			if len(events) != 1 || events[0].Origin != 0 {
				t.Errorf("%q sees %v", subject, events)
			}
		}
		if events := kinds(t, s, "bob", head); len(events) != 0 {
			t.Errorf("one it is not addressed to sees %v", events)
		}
	})

	t.Run("are made of all that happens in an announcement", func(t *testing.T) {
		c := announce(t, s, "changing")
		_, err := s.UpdateConversation(ctx, app, c.GetId(), func(c *chatv1.Conversation) error { c.Title = "changed"; return nil })
		must(t, err)
		must(t, s.DeleteConversation(ctx, app, c.GetId()))
		if got := len(pendingOf(t, c)); got != 3 {
			t.Errorf("%d events are to be handed on, want created, updated and deleted", got)
		}
	})

	t.Run("of an unknown announcement are none", func(t *testing.T) {
		if _, err := s.FindDelivery(ctx, app, uuid.NewString()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the answer is %v", err)
		}
	})
}

func leases(t *testing.T, s chat.Store) {
	ctx := t.Context()
	hold := func(owner string, ttl time.Duration) bool {
		t.Helper()
		held, err := s.HoldLease(ctx, "work", owner, ttl)
		must(t, err)
		return held
	}
	if !hold("a", time.Hour) || hold("b", time.Hour) || !hold("a", time.Hour) {
		t.Error("not the first owner's alone")
	}
	if !hold("a", 0) || !hold("b", time.Hour) {
		t.Error("what was given back is nobody's")
	}
	if !hold("b", time.Millisecond) {
		t.Error("not held on for a shorter time")
	}
	for deadline := time.Now().Add(5 * time.Second); !hold("a", time.Hour); {
		if time.Now().After(deadline) {
			t.Fatal("not taken over when its time is over")
		}
	}

	t.Run("have a secret each, which stays whoever has them", func(t *testing.T) {
		secret := func(name string) string {
			t.Helper()
			text, err := s.LeaseSecret(ctx, name)
			must(t, err)
			return text
		}
		first := secret("work")
		if !hold("a", 0) || !hold("b", time.Hour) {
			t.Fatal("not given from a to b")
		}
		_, err := s.HoldLease(ctx, "other work", "a", time.Hour)
		must(t, err)
		if len(first) < 20 || secret("work") != first || secret("other work") == first {
			t.Errorf("the secret is %q, then %q; another lease has %q", first, secret("work"), secret("other work"))
		}
	})
}
