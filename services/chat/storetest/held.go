package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/chat"
)

// held is a message that waits for a moderator.
func held(c *chatv1.Conversation, sender, clientID, content string) chat.Draft {
	d := draft(c, sender, clientID, content)
	d.Message.ModerationStatus = chatv1.Message_pending
	d.Moderation = &chatv1.Moderation{
		MessageId: d.Message.GetId(), ConversationId: c.GetId(), ClientMessageId: clientID, Status: moderationv1.Verdict_pending,
	}
	return d
}

// hold stores a message that waits for a moderator.
func hold(t testing.TB, s chat.Store, c *chatv1.Conversation, sender, content string) *chatv1.Message {
	t.Helper()
	m, _, err := s.AppendMessage(t.Context(), held(c, sender, uuid.NewString(), content), anyone)
	must(t, err)
	return m
}

func decide(t testing.TB, s chat.Store, m *chatv1.Message, approved bool) error {
	return s.DecideMessage(t.Context(), chat.Decision{ApplicationID: app, MessageID: m.GetId(), Approved: approved})
}

func find(t testing.TB, s chat.Store, m *chatv1.Message) *chatv1.Message {
	t.Helper()
	stored, _, err := s.FindMessage(t.Context(), app, m.GetId())
	must(t, err)
	return stored
}

// eventsSince answers what happened after a position, as back ends see it.
func eventsSince(t testing.TB, s chat.Store, after int64) []chat.StoredEvent {
	t.Helper()
	list, err := s.ListEvents(t.Context(), chat.EventsQuery{ApplicationID: app, After: after, Limit: 1000})
	must(t, err)
	return list
}

func present(t testing.TB, s chat.Store) int64 {
	t.Helper()
	head, _, err := s.EventBounds(t.Context())
	must(t, err)
	return head
}

func heldMessages(t *testing.T, s chat.Store) {
	t.Run("a message that waits has no seq, and is nowhere but with its sender", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		first, before := send(t, s, c, "ada", "bonjour"), present(t, s)
		m := hold(t, s, c, "ada", "à voir")
		if m.GetSeq() != 0 || m.GetModerationStatus() != chatv1.Message_pending {
			t.Errorf("the answer is %v", m)
		}
		if stored := find(t, s, m); stored.String() != m.String() {
			t.Errorf("answered %v\nstored %v", m, stored)
		}
		if got := history(t, s, c); !slices.Equal(got, []string{"bonjour"}) {
			t.Errorf("history is %q", got)
		}
		for who, unread := range map[string]int32{"ada": 0, "ben": 1} {
			list, err := page(t.Context(), s, who, nil, 10)
			must(t, err)
			if len(list) != 1 || list[0].GetUnreadCount() != unread || list[0].GetLastMessage().GetId() != first.GetId() || list[0].GetLastSeq() != 1 {
				t.Errorf("%s is listed %v", who, list)
			}
		}
		if got := kinds(t, s, "ada", before); !slices.Equal(got, []string{chat.EventMessageModerated}) {
			t.Errorf("ada is told %q", got)
		}
		if got := kinds(t, s, "ben", before); len(got) != 0 {
			t.Errorf("ben is told %q", got)
		}
		waiting, err := s.ListPending(t.Context(), app, c.GetId(), "ada", 10)
		must(t, err)
		others, err := s.ListPending(t.Context(), app, c.GetId(), "ben", 10)
		must(t, err)
		if len(waiting) != 1 || waiting[0].GetContent() != "à voir" || len(others) != 0 {
			t.Errorf("ada waits for %v, ben for %v", waiting, others)
		}
	})

	t.Run("its repeat is the same message, and another content is refused", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		m, _, err := s.AppendMessage(t.Context(), held(c, "ada", "1", "à voir"), anyone)
		must(t, err)
		before := present(t, s)
		again, duplicate, err := s.AppendMessage(t.Context(), draft(c, "ada", "1", "à voir"), anyone)
		must(t, err)
		if !duplicate || !proto.Equal(again, m) || present(t, s) != before {
			t.Errorf("its repeat is duplicate=%v %v", duplicate, again)
		}
		if _, _, err = s.AppendMessage(t.Context(), held(c, "ada", "1", "autre"), anyone); !errors.Is(err, chat.ErrIdempotencyConflict) {
			t.Errorf("another content is answered %v", err)
		}
	})

	t.Run("waiting messages and others are stored in one batch", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		release := occupy(t, s, c)
		one, two := s.SubmitMessage(t.Context(), held(c, "bob", "1", "à voir"), anyone), s.SubmitMessage(t.Context(), draft(c, "bob", "2", "bonjour"), anyone)
		release()
		first, _, err := one()
		must(t, err)
		second, _, err := two()
		must(t, err)
		if first.GetSeq() != 0 || second.GetSeq() != 2 {
			t.Errorf("they have the seqs %d and %d", first.GetSeq(), second.GetSeq())
		}
	})

	t.Run("once approved it is the latest message, and it is approved once", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		m := hold(t, s, c, "ada", "à voir")
		send(t, s, c, "ben", "entre-temps")
		before := present(t, s)
		for range 3 {
			must(t, decide(t, s, m, true))
		}
		stored := find(t, s, m)
		if stored.GetSeq() != 2 || stored.GetModerationStatus() != chatv1.Message_approved || !stored.GetCreatedAt().AsTime().Equal(m.GetCreatedAt().AsTime()) {
			t.Errorf("it is %v", stored)
		}
		if got := history(t, s, c); !slices.Equal(got, []string{"entre-temps", "à voir"}) {
			t.Errorf("history is %q", got)
		}
		if got := kinds(t, s, "ben", before); !slices.Equal(got, []string{chat.EventMessageCreated}) {
			t.Errorf("ben is told %q", got)
		}
		if got := kinds(t, s, "ada", before); !slices.Equal(got, []string{chat.EventMessageCreated, chat.EventMessageModerated}) {
			t.Errorf("ada is told %q", got)
		}
		events := eventsSince(t, s, before)
		if told := events[1]; told.Event.GetSeq() != 2 || told.Event.GetModeration().GetStatus() != moderationv1.Verdict_approved ||
			told.Event.GetModeration().GetClientMessageId() != m.GetClientMessageId() || told.Recipient != "ada" || !told.RecipientOnly {
			t.Errorf("ada is told %+v", told)
		}
		list, err := page(t.Context(), s, "ben", nil, 10)
		must(t, err)
		if list[0].GetUnreadCount() != 1 || list[0].GetLastMessage().GetId() != m.GetId() {
			t.Errorf("ben is listed %v", list[0])
		}
		if next := send(t, s, c, "ben", "merci"); next.GetSeq() != 3 {
			t.Errorf("the next message has seq %d", next.GetSeq())
		}
	})

	t.Run("once rejected its text is kept for its sender, until it is deleted or approved after all", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		m, other := hold(t, s, c, "ada", "à voir"), hold(t, s, c, "ada", "à revoir")
		before := present(t, s)
		for range 2 {
			must(t, decide(t, s, m, false))
			must(t, decide(t, s, other, false))
		}
		if stored := find(t, s, m); stored.GetSeq() != 0 || stored.GetContent() != "à voir" ||
			stored.GetModerationStatus() != chatv1.Message_rejected || stored.GetStatus() != chatv1.Message_error {
			t.Errorf("it is %v", stored)
		}
		if got := kinds(t, s, "ada", before); !slices.Equal(got, []string{chat.EventMessageModerated, chat.EventMessageModerated}) {
			t.Errorf("ada is told %q", got)
		}
		if list, err := s.ListPending(t.Context(), app, c.GetId(), "ada", 10); err != nil || len(list) != 0 {
			t.Errorf("ada waits for %v, %v", list, err)
		}
		must(t, decide(t, s, m, true))
		must(t, s.DeleteMessage(t.Context(), app, other.GetId(), "ada"))
		if err := decide(t, s, other, true); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("approving a deleted one answers %v", err)
		}
		if got := history(t, s, c); !slices.Equal(got, []string{"à voir"}) {
			t.Errorf("history is %q", got)
		}
	})

	t.Run("a published one that is rejected is deleted, and keeps its place", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		d := draft(c, "ada", "1", "douteux")
		d.Moderation = &chatv1.Moderation{MessageId: d.Message.GetId(), Status: moderationv1.Verdict_approved}
		before := present(t, s)
		m, _, err := s.AppendMessage(t.Context(), d, anyone)
		must(t, err)
		if told := eventsSince(t, s, before)[1]; told.Event.GetEvent() != chat.EventMessageModerated || told.Recipient != "" || !told.RecipientOnly {
			t.Errorf("moderators are told %+v", told)
		}
		must(t, decide(t, s, m, true))
		before = present(t, s)
		must(t, decide(t, s, m, false))
		if err := decide(t, s, m, false); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("once more answers %v", err)
		}
		if stored := find(t, s, m); stored.GetContent() != "" || stored.GetDeletedAt() == nil || stored.GetSeq() != 1 {
			t.Errorf("it is %v", stored)
		}
		if got := kinds(t, s, "ben", before); !slices.Equal(got, []string{chat.EventMessageDeleted}) {
			t.Errorf("ben is told %q", got)
		}
		if got := kinds(t, s, "ada", before); !slices.Equal(got, []string{chat.EventMessageDeleted, chat.EventMessageModerated}) {
			t.Errorf("ada is told %q", got)
		}
	})

	t.Run("one that waits cannot be edited, and who takes it back is the only one who hears", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		m := hold(t, s, c, "ada", "à voir")
		if _, err := s.EditMessage(t.Context(), edit(app, m, "autre", "ada")); !errors.Is(err, chat.ErrMessageHeld) {
			t.Errorf("an edit is answered %v", err)
		}
		before := present(t, s)
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "ada"))
		for who, want := range map[string][]string{"ada": {chat.EventMessageDeleted}, "ben": nil} {
			if got := kinds(t, s, who, before); !slices.Equal(got, want) {
				t.Errorf("%s is told %q", who, got)
			}
		}
		if stored := find(t, s, m); stored.GetContent() != "" || stored.GetDeletedAt() == nil {
			t.Errorf("it is %v", stored)
		}
	})

	t.Run("decisions of another application, and on what is gone, find nothing", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		m := hold(t, s, c, "ada", "à voir")
		err := s.DecideMessage(t.Context(), chat.Decision{ApplicationID: other, MessageID: m.GetId(), Approved: true})
		if !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("another application is answered %v", err)
		}
		if list, err := s.ListPending(t.Context(), other, c.GetId(), "ada", 10); err != nil || len(list) != 0 {
			t.Errorf("another application is answered %v, %v", list, err)
		}
		must(t, s.DeleteConversation(t.Context(), app, c.GetId()))
		if err := decide(t, s, m, true); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("in a deleted conversation the answer is %v", err)
		}
	})

	t.Run("decisions at the same time as messages leave no gap", func(t *testing.T) {
		c := start(t, s, "ada", "ben")
		const each = 10
		var waiting []*chatv1.Message
		for range each {
			waiting = append(waiting, hold(t, s, c, "ada", "à voir"))
		}
		var group errgroup.Group
		for i := range each {
			group.Go(func() error { return decide(t, s, waiting[i], true) })
			group.Go(func() error { return decide(t, s, waiting[i], true) })
			group.Go(func() error {
				_, _, err := s.AppendMessage(t.Context(), draft(c, "ben", uuid.NewString(), "bonjour"), anyone)
				return err
			})
		}
		must(t, group.Wait())
		list, err := s.ListMessages(t.Context(), chat.MessagesQuery{ApplicationID: app, ConversationID: c.GetId(), Ascending: true, Limit: 1000})
		must(t, err)
		if len(list) != 2*each {
			t.Errorf("%d messages are published", len(list))
		}
		for i, m := range list {
			if m.GetSeq() != int64(i+1) {
				t.Errorf("message %d has seq %d", i+1, m.GetSeq())
			}
		}
	})

	t.Run("an erased visitor's waiting messages are taken away, and only they could have heard of it", func(t *testing.T) {
		v, c := visits(t, s, nil)
		m := hold(t, s, c, v.Subject(), "à voir")
		before := present(t, s)
		must(t, s.EraseVisitor(t.Context(), chat.Erasure{ApplicationID: app, ID: v.AnonymousUser.GetId(), Messages: true, CountedSince: time.Now()}))
		if stored := find(t, s, m); stored.GetContent() != "" || stored.GetDeletedAt() == nil {
			t.Errorf("it is %v", stored)
		}
		if got := kinds(t, s, "pro", before); slices.Contains(got, chat.EventMessageDeleted) {
			t.Errorf("pro is told %q", got)
		}
		deletions, err := s.ListEvents(t.Context(), chat.EventsQuery{After: before, Kind: chat.EventMessageDeleted, Textless: true, Limit: 10})
		must(t, err)
		if len(deletions) != 1 || deletions[0].Event.GetMessage().GetId() != m.GetId() {
			t.Errorf("the deletions are %v", deletions)
		}
	})
}
