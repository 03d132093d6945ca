package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

func participants(t *testing.T, s chat.Store) {
	t.Run("adding someone twice is adding them once, and a newcomer has nothing unread", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		send(t, s, c, "alice", "before")
		first, added, err := s.AddParticipant(t.Context(), app, member(c, "carol", false))
		must(t, err)
		again, addedAgain, err := s.AddParticipant(t.Context(), app, member(c, "carol", false))
		must(t, err)
		if !added || addedAgain || first.GetId() != again.GetId() {
			t.Errorf("added %v then %v, as %s then %s", added, addedAgain, first.GetId(), again.GetId())
		}
		stored, _, err := s.GetMembership(t.Context(), app, c.GetId(), "carol")
		must(t, err)
		if stored.GetParticipantCount() != 3 || stored.GetUnreadCount() != 0 {
			t.Errorf("the group has %d members, and carol %d unread", stored.GetParticipantCount(), stored.GetUnreadCount())
		}
	})

	t.Run("one who left is no member, and may come back", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		bob := c.GetParticipants()[1]
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), bob.GetId()))
		if err := s.RemoveParticipant(t.Context(), app, c.GetId(), bob.GetId()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("removing him again answers %v", err)
		}
		if _, p, err := s.GetMembership(t.Context(), app, c.GetId(), "bob"); err != nil || p != nil {
			t.Errorf("bob is %v, %v", p, err)
		}
		_, added, err := s.AddParticipant(t.Context(), app, member(c, "bob", false))
		if err != nil || !added {
			t.Errorf("bob comes back: %v, %v", added, err)
		}
		members, err := s.ListSubjects(t.Context(), app, c.GetId())
		must(t, err)
		if slices.Sort(members.Subjects); !slices.Equal(members.Subjects, []string{"alice", "bob"}) || members.Type != chatv1.Conversation_group {
			t.Errorf("members are %v", members)
		}
	})

	t.Run("a group keeps an admin", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		alice, bob := c.GetParticipants()[0], c.GetParticipants()[1]
		demote := func(p *chatv1.Participant) { p.Role = chatv1.Participant_member }
		if err := s.RemoveParticipant(t.Context(), app, c.GetId(), alice.GetId()); !errors.Is(err, chat.ErrLastAdmin) {
			t.Errorf("removing the last admin answers %v", err)
		}
		if _, err := s.UpdateParticipant(t.Context(), app, c.GetId(), alice.GetId(), demote); !errors.Is(err, chat.ErrLastAdmin) {
			t.Errorf("demoting the last admin answers %v", err)
		}
		_, err := s.UpdateParticipant(t.Context(), app, c.GetId(), bob.GetId(), func(p *chatv1.Participant) { p.Role = chatv1.Participant_admin })
		must(t, err)
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), alice.GetId()))
		if _, err := s.UpdateParticipant(t.Context(), app, c.GetId(), bob.GetId(), demote); !errors.Is(err, chat.ErrLastAdmin) {
			t.Errorf("demoting the admin who is alone answers %v", err)
		}
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), bob.GetId()))
	})

	t.Run("a group that everyone left is there for back ends, who may bring people in again", func(t *testing.T) {
		c := start(t, s, "alice")
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), c.GetParticipants()[0].GetId()))
		stored, _, err := s.GetMembership(t.Context(), app, c.GetId(), "")
		must(t, err)
		_, added, err := s.AddParticipant(t.Context(), app, member(c, "bob", true))
		must(t, err)
		if stored.GetParticipantCount() != 0 || !added {
			t.Errorf("the group has %d members, and bob was added: %v", stored.GetParticipantCount(), added)
		}
	})

	t.Run("members are listed in the order they joined, page by page", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		for i := range 3 {
			_, _, err := s.AddParticipant(t.Context(), app, member(c, fmt.Sprint("u", i), false))
			must(t, err)
		}
		var got []string
		var after chat.ParticipantKey
		for {
			list, err := s.ListParticipants(t.Context(), app, c.GetId(), after, 2)
			must(t, err)
			if len(list) == 0 {
				break
			}
			for _, p := range list {
				got = append(got, p.GetUserId())
				after = chat.ParticipantKey{JoinedAt: p.GetJoinedAt().AsTime().UnixMicro(), ID: p.GetId()}
			}
		}
		if !slices.Equal(got, []string{"alice", "bob", "u0", "u1", "u2"}) {
			t.Errorf("listed %v", got)
		}
	})
}

func receipts(t *testing.T, s chat.Store) {
	t.Run("watermarks go forward only, and never past the last message", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		for range 3 {
			send(t, s, c, "alice", "x")
		}
		for _, step := range []struct{ seq, want int64 }{{2, 2}, {1, 2}, {99, 3}} {
			p, err := s.AdvanceReceipt(t.Context(), app, c.GetId(), "bob", chat.Read, step.seq)
			must(t, err)
			if p.GetReadSeq() != step.want || p.GetDeliveredSeq() != step.want {
				t.Errorf("after read %d: read %d, delivered %d, want %d", step.seq, p.GetReadSeq(), p.GetDeliveredSeq(), step.want)
			}
		}
		if got := kinds(t, s, "alice", 0); len(got) != 6 {
			t.Errorf("a receipt that moves nothing is told: %v", got)
		}
	})

	t.Run("unread counts others' messages, whoever writes in between", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		unread := func() int32 {
			c, _, err := s.GetMembership(t.Context(), app, c.GetId(), "bob")
			must(t, err)
			return c.GetUnreadCount()
		}
		send(t, s, c, "bob", "1")
		send(t, s, c, "alice", "2")
		send(t, s, c, "bob", "3")
		send(t, s, c, "alice", "4")
		if got := unread(); got != 2 {
			t.Errorf("bob has %d unread, want 2", got)
		}
		_, err := s.AdvanceReceipt(t.Context(), app, c.GetId(), "bob", chat.Read, 2)
		must(t, err)
		if got := unread(); got != 1 {
			t.Errorf("after reading 2 bob has %d unread, want 1", got)
		}
		_, err = s.AdvanceReceipt(t.Context(), app, c.GetId(), "bob", chat.Read, 4)
		must(t, err)
		send(t, s, c, "bob", "5")
		if got := unread(); got != 0 {
			t.Errorf("after reading all and writing bob has %d unread, want 0", got)
		}
	})

	t.Run("a message is delivered and read once everyone else has it", func(t *testing.T) {
		c := start(t, s, "alice", "bob", "carol")
		m := send(t, s, c, "alice", "bonjour")
		status := func() *chatv1.Message {
			m, _, err := s.FindMessage(t.Context(), app, m.GetId())
			must(t, err)
			return m
		}
		for _, step := range []struct {
			who  string
			kind chat.ReceiptKind
			want chatv1.Message_Status
		}{
			{"bob", chat.Delivered, chatv1.Message_sent},
			{"carol", chat.Delivered, chatv1.Message_delivered},
			{"carol", chat.Read, chatv1.Message_delivered},
			{"bob", chat.Read, chatv1.Message_read},
		} {
			_, err := s.AdvanceReceipt(t.Context(), app, c.GetId(), step.who, step.kind, 1)
			must(t, err)
			got := status()
			if got.GetStatus() != step.want || (got.GetReadAt() != nil) != (step.want == chatv1.Message_read) {
				t.Errorf("after %s %s: %v, want %v", step.who, step.kind, got, step.want)
			}
		}
		if at := status().GetDeliveredAt(); at == nil {
			t.Error("deliveredAt is missing")
		}
	})

	t.Run("what only one had still to read is read by everyone once they leave", func(t *testing.T) {
		c := start(t, s, "alice", "bob", "carol")
		m := send(t, s, c, "alice", "bonjour")
		_, err := s.AdvanceReceipt(t.Context(), app, c.GetId(), "bob", chat.Read, 1)
		must(t, err)
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), c.GetParticipants()[2].GetId()))
		if got, _, err := s.FindMessage(t.Context(), app, m.GetId()); err != nil || got.GetStatus() != chatv1.Message_read || got.GetDeliveredAt() == nil {
			t.Errorf("the message is %v, %v", got, err)
		}
	})

	t.Run("what nobody is left to read is not read", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		m := send(t, s, c, "alice", "bonjour")
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), c.GetParticipants()[1].GetId()))
		if got, _, err := s.FindMessage(t.Context(), app, m.GetId()); err != nil || got.GetStatus() != chatv1.Message_sent {
			t.Errorf("the message is %v, %v", got, err)
		}
	})

	t.Run("a receipt is told to all members of a small conversation, and in a wide one to the reader alone", func(t *testing.T) {
		for _, wide := range []bool{false, true} {
			reader, author := fmt.Sprint("rae", wide), fmt.Sprint("art", wide)
			c := start(t, s, append(withFillers(author, wide), reader)...)
			send(t, s, c, author, "bonjour")
			head, _, err := s.EventBounds(t.Context())
			must(t, err)
			_, err = s.AdvanceReceipt(t.Context(), app, c.GetId(), reader, chat.Read, 1)
			must(t, err)
			if got := kinds(t, s, reader, head); !slices.Equal(got, []string{"receipt.read"}) {
				t.Errorf("wide %v: the reader is told %v", wide, got)
			}
			if got := kinds(t, s, author, head); (len(got) == 0) != wide {
				t.Errorf("wide %v: the author is told %v", wide, got)
			}
		}
	})

	t.Run("one who takes no part has no receipts", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		send(t, s, c, "alice", "x")
		if _, err := s.AdvanceReceipt(t.Context(), app, c.GetId(), "mallory", chat.Read, 1); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the answer is %v", err)
		}
	})
}

func events(t *testing.T, s chat.Store) {
	t.Run("everyone in a conversation is told what happens there, in order, and nobody else", func(t *testing.T) {
		head, _, err := s.EventBounds(t.Context())
		must(t, err)
		c := start(t, s, "alice", "bob")
		m := send(t, s, c, "alice", "bonjour")
		_, err = s.AdvanceReceipt(t.Context(), app, c.GetId(), "bob", chat.Read, 1)
		must(t, err)
		_, err = s.EditMessage(t.Context(), edit(app, m, "bonsoir", "alice"))
		must(t, err)
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "alice"))
		must(t, s.DeleteConversation(t.Context(), app, c.GetId()))
		want := []string{"conversation.created", "message.created", "receipt.read", "message.updated", "message.deleted", "conversation.deleted"}
		for _, who := range []string{"alice", "bob", ""} {
			if got := kinds(t, s, who, head); !slices.Equal(got, want) {
				t.Errorf("%q is told %v\nwant %v", who, got, want)
			}
		}
		if got := kinds(t, s, "mallory", 0); len(got) != 0 {
			t.Errorf("mallory is told %v", got)
		}
	})

	t.Run("a deleted text is in no event", func(t *testing.T) {
		c := start(t, s, "dan", "bob")
		m := send(t, s, c, "dan", "secret")
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "alice"))
		list, err := s.ListEvents(t.Context(), chat.EventsQuery{ApplicationID: app, Subject: "dan", Limit: 10})
		must(t, err)
		for _, e := range list {
			if e.Event.GetMessage().GetContent() != "" {
				t.Errorf("%s carries %q", e.Event.GetEvent(), e.Event.GetMessage().GetContent())
			}
		}
	})

	t.Run("a newcomer is told nothing from before, one who was removed of the removal and no more", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		send(t, s, c, "alice", "before")
		carol, _, err := s.AddParticipant(t.Context(), app, member(c, "carla", false))
		must(t, err)
		send(t, s, c, "alice", "between")
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), carol.GetId()))
		send(t, s, c, "alice", "after")
		got := kinds(t, s, "carla", 0)
		if !slices.Equal(got, []string{"participant.added", "participant.removed"}) {
			t.Errorf("carla is told %v", got)
		}
	})

	t.Run("one who goes forward by position skips nothing that others commit meanwhile", func(t *testing.T) {
		head, _, err := s.EventBounds(t.Context())
		must(t, err)
		const writers, each = 6, 15
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var group errgroup.Group
		for w := range writers {
			c := start(t, s, fmt.Sprint("w", w), "bob")
			group.Go(func() error {
				for n := range each {
					d := draft(c, fmt.Sprint("w", w), fmt.Sprint(n), fmt.Sprint(n))
					if _, _, err := s.AppendMessage(ctx, d, anyone); err != nil {
						return err
					}
				}
				return nil
			})
		}
		const want = writers * (each + 1)
		for seen := int64(0); seen < want; {
			list, err := s.ListEvents(ctx, chat.EventsQuery{After: head + seen, Limit: 7})
			must(t, err)
			for _, e := range list {
				if seen++; e.Position != head+seen {
					t.Fatalf("after position %d comes %d", head+seen-1, e.Position)
				}
			}
		}
		must(t, group.Wait())
	})

	t.Run("a consumer finds what it acknowledged", func(t *testing.T) {
		if _, known, err := s.ConsumerPosition(t.Context(), "mqtt"); err != nil || known {
			t.Errorf("before: %v, %v", known, err)
		}
		for _, position := range []int64{3, 7} {
			must(t, s.AcknowledgeEvents(t.Context(), "mqtt", position))
			if got, known, err := s.ConsumerPosition(t.Context(), "mqtt"); err != nil || !known || got != position {
				t.Errorf("after %d: %d, %v, %v", position, got, known, err)
			}
		}
	})
}
