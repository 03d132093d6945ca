package storetest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// following compares what one who follows the feed is answered by the Store where everything happens with what another, which
// remembers nothing of it, finds in the database: after each thing that may happen, from every position on.
func following(t *testing.T, newStores func(*testing.T) (a, b chat.Store)) {
	a, b := newStores(t)
	var c, visited *chatv1.Conversation
	var v, leaver chat.Visitor
	var m *chatv1.Message
	steps := []struct {
		what string
		do   func() error
	}{
		{"a conversation begins", func() error { c = start(t, a, "alice", "bob"); return nil }},
		{"a message", func() error { m = send(t, a, c, "alice", "bonjour"); return nil }},
		{"a reply", func() error {
			d := draft(c, "bob", "reply", "salut")
			d.Message.SenderName, d.Message.IsModerated, d.Message.ReplyToMessageId = "Bob", true, m.GetId()
			_, _, err := a.AppendMessage(t.Context(), d, anyone)
			return err
		}},
		{"a member joins", func() error {
			_, _, err := a.AddParticipant(t.Context(), app, member(c, "carol", true))
			return err
		}},
		{"a message is edited", func() error {
			_, err := a.EditMessage(t.Context(), chat.Edit{ApplicationID: app, MessageID: m.GetId(), Content: "bonsoir", By: "alice"})
			return err
		}},
		{"a message is deleted that was just sent", func() error {
			return a.DeleteMessage(t.Context(), app, send(t, a, c, "bob", "secret").GetId(), "bob")
		}},
		{"a title", func() error {
			_, err := a.UpdateConversation(t.Context(), app, c.GetId(), func(c *chatv1.Conversation) error { c.Title = "Réunion"; return nil })
			return err
		}},
		{"visitors write", func() error {
			v, visited = visits(t, a, nil)
			send(t, a, visited, v.Subject(), "bonjour")
			var c *chatv1.Conversation
			leaver, c = visits(t, a, nil)
			send(t, a, c, leaver.Subject(), "secret")
			return nil
		}},
		{"one becomes a user", func() error {
			_, err := a.ConvertVisitor(t.Context(), app, v.AnonymousUser.GetId(), "zoe")
			return err
		}},
		{"one is erased", func() error {
			return a.EraseVisitor(t.Context(), chat.Erasure{ApplicationID: app, ID: leaver.AnonymousUser.GetId(), Messages: true})
		}},
		{"a conversation is handed over", func() error { handed(t, a, visited, "pro", "cleo"); return nil }},
		{"an announcement", func() error { announce(t, a, "news"); return nil }},
		{"it is handed on", func() error {
			pending, err := a.ListDeliveries(t.Context(), 1)
			must(t, err)
			_, _, err = a.HandOn(t.Context(), pending[0], []string{"bob"})
			return err
		}},
		{"another process writes, and this one again", func() error {
			send(t, b, c, "bob", "de là-bas")
			send(t, a, c, "alice", "d'ici")
			return nil
		}},
		{"a member leaves", func() error {
			_, p, err := a.GetMembership(t.Context(), app, c.GetId(), "bob")
			must(t, err)
			return a.RemoveParticipant(t.Context(), app, c.GetId(), p.GetId())
		}},
		{"a conversation ends", func() error { return a.DeleteConversation(t.Context(), app, c.GetId()) }},
	}
	for _, step := range steps {
		must(t, step.do())
		head, _, err := b.EventBounds(t.Context())
		must(t, err)
		for after := range head {
			if got, want := follow(t, a, true, after), follow(t, b, false, after); !sameEvents(got, want) {
				t.Errorf("%s: who follows sees after %d\n%v, in the database are\n%v", step.what, after, got, want)
			}
		}
	}
}

// follow answers everything after a position.
func follow(t *testing.T, s chat.Store, recent bool, after int64) (all []chat.StoredEvent) {
	t.Helper()
	for {
		events, err := s.ListEvents(t.Context(), chat.EventsQuery{After: after, Limit: 1000, HandedOn: true, Recent: recent})
		must(t, err)
		if len(events) == 0 {
			return all
		}
		all = append(all, events...)
		after = events[len(events)-1].Position
	}
}

func sameEvents(a, b []chat.StoredEvent) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		same := a[i].Position == b[i].Position && a[i].ApplicationID == b[i].ApplicationID && a[i].Recipient == b[i].Recipient &&
			a[i].RecipientOnly == b[i].RecipientOnly && a[i].Origin == b[i].Origin && len(a[i].Addressees) == len(b[i].Addressees)
		if !same || !proto.Equal(a[i].Event, b[i].Event) {
			return false
		}
	}
	return true
}
