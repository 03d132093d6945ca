package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// visits stores a visitor who writes to pro, and answers them and their conversation.
func visits(t *testing.T, s chat.Store, change func(*chat.Visitor)) (chat.Visitor, *chatv1.Conversation) {
	t.Helper()
	metadata, err := structpb.NewStruct(map[string]any{"page": "é", "n": 1.5})
	must(t, err)
	c := newConversation(chatv1.Conversation_anonymous, "pro")
	v := chat.Visitor{
		ApplicationID:  app,
		ConversationID: c.GetId(),
		AddressHash:    "0123456789abcdef0123456789abcdef",
		AnonymousUser: &chatv1.AnonymousUser{
			Id: uuid.Must(uuid.NewV7()).String(), DeviceId: "phone", Name: "Zoé", Email: "zoe@example.org", Metadata: metadata,
			CreatedAt: timestamppb.New(time.Now().Truncate(time.Microsecond)),
		},
	}
	if change != nil {
		change(&v)
	}
	c.CreatedBy = v.Subject()
	place := member(c, "", false)
	place.AnonymousId = v.AnonymousUser.GetId()
	c.Participants = append(c.Participants, place)
	c.ParticipantCount = 2
	must(t, s.StartVisit(t.Context(), v, c))
	return v, c
}

func visitors(t *testing.T, s chat.Store) {
	t.Run("a visitor is found as they came, by their application", func(t *testing.T) {
		v, c := visits(t, s, nil)
		got, err := s.FindVisitor(t.Context(), app, v.AnonymousUser.GetId())
		must(t, err)
		if got.AnonymousUser.String() != v.AnonymousUser.String() || got.ConversationID != c.GetId() || got.AddressHash != v.AddressHash || got.Gone() {
			t.Errorf("found %v, came %v", got, v)
		}
		names, err := s.VisitorNames(t.Context(), app, []string{v.AnonymousUser.GetId(), uuid.NewString(), "x"})
		must(t, err)
		if len(names) != 1 || names[v.AnonymousUser.GetId()] != "Zoé" {
			t.Errorf("the names are %v", names)
		}
		for _, err := range foreign(t, s, v) {
			if !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("another application is answered %v", err)
			}
		}
		if names, err := s.VisitorNames(t.Context(), other, []string{v.AnonymousUser.GetId()}); err != nil || len(names) != 0 {
			t.Errorf("another application is told the names %v, %v", names, err)
		}
		for _, who := range []string{"pro", v.Subject()} {
			if got := kinds(t, s, who, 0); !slices.Contains(got, "conversation.created") {
				t.Errorf("%s is told %v", who, got)
			}
		}
	})

	t.Run("visits are counted by device and by address, of late", func(t *testing.T) {
		began := time.Now().Truncate(time.Microsecond)
		for i, device := range []string{"a", "a", "b"} {
			visits(t, s, func(v *chat.Visitor) {
				v.AnonymousUser.DeviceId, v.AddressHash = device, "there"
				v.AnonymousUser.CreatedAt = timestamppb.New(began.Add(time.Duration(i) * time.Second))
			})
		}
		for name, tt := range map[string]struct {
			q    chat.VisitsQuery
			n    int
			want time.Time
		}{
			"the latest of a device":           {chat.VisitsQuery{DeviceID: "a"}, 1, began.Add(time.Second)},
			"the second latest":                {chat.VisitsQuery{DeviceID: "a"}, 2, began},
			"a third":                          {chat.VisitsQuery{DeviceID: "a"}, 3, time.Time{}},
			"the third latest of an address":   {chat.VisitsQuery{AddressHash: "there"}, 3, began},
			"one that is too long ago":         {chat.VisitsQuery{AddressHash: "there", Since: began}, 3, time.Time{}},
			"one whose device differs in case": {chat.VisitsQuery{DeviceID: "A"}, 1, time.Time{}},
		} {
			tt.q.ApplicationID = app
			if tt.q.Since.IsZero() {
				tt.q.Since = began.Add(-time.Hour)
			}
			if got, err := s.NthLatestVisit(t.Context(), tt.q, tt.n); err != nil || !got.Equal(tt.want) {
				t.Errorf("%s is %v, %v, want %v", name, got, err, tt.want)
			}
		}
	})

	t.Run("who was in a conversation has taken part", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), c.GetParticipants()[1].GetId()))
		for who, want := range map[string]bool{"alice": true, "bob": true, "carol": false} {
			if got, err := s.HasTakenPart(t.Context(), app, c.GetId(), who); err != nil || got != want {
				t.Errorf("%s has taken part: %v, %v", who, got, err)
			}
		}
	})
}

// foreign makes every call about a visitor from another application.
func foreign(t *testing.T, s chat.Store, v chat.Visitor) []error {
	t.Helper()
	id := v.AnonymousUser.GetId()
	_, found := s.FindVisitor(t.Context(), other, id)
	erased := s.EraseVisitor(t.Context(), chat.Erasure{ApplicationID: other, ID: id})
	_, converted := s.ConvertVisitor(t.Context(), other, id, "zoe")
	_, transferred := s.TransferConversation(t.Context(), chat.Transfer{ApplicationID: other, ConversationID: v.ConversationID, From: "pro"})
	return []error{found, erased, converted, transferred}
}

func conversions(t *testing.T, s chat.Store) {
	t.Run("seqs, ids and watermarks stay, whose they are changes", func(t *testing.T) {
		v, c := visits(t, s, nil)
		first := send(t, s, c, v.Subject(), "un")
		send(t, s, c, "pro", "deux")
		_, err := s.AdvanceReceipt(t.Context(), app, c.GetId(), v.Subject(), chat.Read, 1)
		must(t, err)
		head, _, err := s.EventBounds(t.Context())
		must(t, err)

		converted, err := s.ConvertVisitor(t.Context(), app, v.AnonymousUser.GetId(), "zoe")
		must(t, err)
		if converted.AnonymousUser.GetConvertedToUserId() != "zoe" || !converted.Gone() || converted.Subject() != "zoe" {
			t.Errorf("converted is %v", converted)
		}
		stored, p, err := s.GetMembership(t.Context(), app, c.GetId(), "zoe")
		must(t, err)
		if p.GetReadSeq() != 1 || p.GetAnonymousId() != v.AnonymousUser.GetId() || p.GetUserId() != "zoe" || stored.GetUnreadCount() != 1 || stored.GetParticipantCount() != 2 {
			t.Errorf("the user's place is %v, with %d unread", p, stored.GetUnreadCount())
		}
		if _, p, _ := s.GetMembership(t.Context(), app, c.GetId(), v.Subject()); p != nil {
			t.Errorf("the visitor's place is %v", p)
		}
		own, err := s.ListMessagesOf(t.Context(), app, c.GetId(), "zoe")
		must(t, err)
		if len(own) != 1 || own[0].GetId() != first.GetId() || own[0].GetSeq() != 1 || own[0].GetSenderType() != chatv1.Message_user {
			t.Errorf("what they wrote is %v", own)
		}
		if m := send(t, s, c, "zoe", "trois"); m.GetSeq() != 3 {
			t.Errorf("the next message has seq %d", m.GetSeq())
		}
		_, err = s.AdvanceReceipt(t.Context(), app, c.GetId(), "zoe", chat.Read, 3)
		must(t, err)
		want := []string{"participant.removed", "participant.added", "conversation.updated", "message.created", "receipt.read"}
		for _, who := range []string{"pro", "zoe"} {
			if got := kinds(t, s, who, head); !slices.Equal(got, want) {
				t.Errorf("%s is told %v", who, got)
			}
		}
		if got := kinds(t, s, v.Subject(), head); !slices.Equal(got, want[:1]) {
			t.Errorf("the visitor is told %v", got)
		}
	})

	t.Run("it happens once, however often it is asked for at once", func(t *testing.T) {
		v, _ := visits(t, s, nil)
		head, _, err := s.EventBounds(t.Context())
		must(t, err)
		var group errgroup.Group
		for range 5 {
			group.Go(func() error {
				_, err := s.ConvertVisitor(t.Context(), app, v.AnonymousUser.GetId(), "yann")
				return err
			})
		}
		must(t, group.Wait())
		if got := kinds(t, s, "yann", head); len(got) != 3 {
			t.Errorf("yann is told %v", got)
		}
		if _, err := s.ConvertVisitor(t.Context(), app, v.AnonymousUser.GetId(), "max"); !errors.Is(err, chat.ErrAlreadyConverted) {
			t.Errorf("another user is answered %v", err)
		}
	})

	t.Run("one who is or was in the conversation does not come in again", func(t *testing.T) {
		v, c := visits(t, s, nil)
		handed(t, s, c, "pro", "colleague")
		for _, user := range []string{"pro", "colleague"} {
			if _, err := s.ConvertVisitor(t.Context(), app, v.AnonymousUser.GetId(), user); !errors.Is(err, chat.ErrAlreadyMember) {
				t.Errorf("%s is answered %v", user, err)
			}
		}
		if v, err := s.FindVisitor(t.Context(), app, v.AnonymousUser.GetId()); err != nil || v.Gone() {
			t.Errorf("the visitor is %v, %v", v, err)
		}
	})
}

// handed hands a conversation over.
func handed(t *testing.T, s chat.Store, c *chatv1.Conversation, from, to string) *chatv1.Conversation {
	t.Helper()
	got, err := s.TransferConversation(t.Context(), transfer(c, from, to))
	must(t, err)
	return got
}

func transfer(c *chatv1.Conversation, from, to string) chat.Transfer {
	notice := draft(c, "", uuid.NewString(), from+" -> "+to)
	notice.Message.SenderType, notice.Message.SenderId = chatv1.Message_system, ""
	return chat.Transfer{ApplicationID: app, ConversationID: c.GetId(), From: from, To: member(c, to, true), Notice: notice}
}

func transfers(t *testing.T, s chat.Store) {
	t.Run("one leaves, another comes, and a message says so", func(t *testing.T) {
		v, c := visits(t, s, nil)
		send(t, s, c, v.Subject(), "bonjour")
		head, _, err := s.EventBounds(t.Context())
		must(t, err)
		got := handed(t, s, c, "pro", "cleo")
		if got.GetLastSeq() != 2 || got.GetParticipantCount() != 2 {
			t.Errorf("the conversation is %v", got)
		}
		stored, p, err := s.GetMembership(t.Context(), app, c.GetId(), "cleo")
		must(t, err)
		if p.GetRole() != chatv1.Participant_admin || stored.GetUnreadCount() != 1 {
			t.Errorf("cleo's place is %v, with %d unread", p, stored.GetUnreadCount())
		}
		if got := history(t, s, c); !slices.Equal(got, []string{"bonjour", "pro -> cleo"}) {
			t.Errorf("the history is %q", got)
		}
		want := []string{"participant.removed", "participant.added", "message.created", "conversation.updated"}
		for who, want := range map[string][]string{"cleo": want, v.Subject(): want, "pro": want[:1]} {
			if got := kinds(t, s, who, head); !slices.Equal(got, want) {
				t.Errorf("%s is told %v, want %v", who, got, want)
			}
		}
		if got := kinds(t, s, "cleo", 0); !slices.Equal(got, want) {
			t.Errorf("from the beginning cleo is told %v", got)
		}
	})

	t.Run("it comes back to who had it, and goes to nobody who is there", func(t *testing.T) {
		_, c := visits(t, s, nil)
		handed(t, s, c, "pro", "cleo")
		if got := handed(t, s, c, "cleo", "pro"); got.GetParticipantCount() != 2 {
			t.Errorf("the conversation is %v", got)
		}
		if _, err := s.TransferConversation(t.Context(), transfer(c, "pro", "pro")); !errors.Is(err, chat.ErrAlreadyMember) {
			t.Errorf("handing it to oneself is answered %v", err)
		}
		if _, err := s.TransferConversation(t.Context(), transfer(c, "cleo", "max")); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("handing over what one does not have is answered %v", err)
		}
	})
}

func erasures(t *testing.T, s chat.Store) {
	erase := func(t *testing.T, v chat.Visitor, messages bool) chat.Visitor {
		t.Helper()
		must(t, s.EraseVisitor(t.Context(), chat.Erasure{
			ApplicationID: app, ID: v.AnonymousUser.GetId(), Messages: messages, CountedSince: time.Now().Add(-time.Hour),
		}))
		got, err := s.FindVisitor(t.Context(), app, v.AnonymousUser.GetId())
		must(t, err)
		return got
	}

	t.Run("who they were is gone, what was said is not", func(t *testing.T) {
		v, c := visits(t, s, nil)
		d := draft(c, v.Subject(), "1", "bonjour")
		d.Message.SenderName = "Zoé"
		_, _, err := s.AppendMessage(t.Context(), d, anyone)
		must(t, err)
		got := erase(t, v, false)
		left := got.AnonymousUser
		if left.GetName() != "" || left.GetEmail() != "" || left.GetDeviceId() != "" || left.GetMetadata() != nil || !got.Gone() {
			t.Errorf("what is left is %v", got)
		}
		m, _, err := s.FindMessage(t.Context(), app, d.Message.GetId())
		must(t, err)
		if m.GetContent() != "bonjour" || m.GetSenderName() != "" {
			t.Errorf("the message is %v", m)
		}
		members, err := s.ListSubjects(t.Context(), app, c.GetId())
		must(t, err)
		if !slices.Equal(members.Subjects, []string{"pro"}) {
			t.Errorf("members are %v", members.Subjects)
		}
	})

	t.Run("the texts go too where that is asked for, also later and of many", func(t *testing.T) {
		v, c := visits(t, s, nil)
		const many = 700 // more events than go into one INSERT
		for range many {
			send(t, s, c, v.Subject(), "secret")
		}
		send(t, s, c, "pro", "réponse")
		erase(t, v, false)
		head, _, err := s.EventBounds(t.Context())
		must(t, err)
		for range 2 {
			erase(t, v, true)
		}
		if got := history(t, s, c); slices.Contains(got, "secret") || got[many] != "réponse" {
			t.Errorf("the history is %q", got)
		}
		if got := kinds(t, s, "pro", head); len(got) != many || got[0] != "message.deleted" {
			t.Errorf("pro is told of %d events", len(got))
		}
	})

	t.Run("a deleted conversation is no obstacle", func(t *testing.T) {
		v, c := visits(t, s, nil)
		send(t, s, c, v.Subject(), "secret")
		must(t, s.DeleteConversation(t.Context(), app, c.GetId()))
		if _, err := s.ConvertVisitor(t.Context(), app, v.AnonymousUser.GetId(), "zoe"); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("converting is answered %v", err)
		}
		if got := erase(t, v, true); !got.Erased || got.AnonymousUser.GetName() != "" {
			t.Errorf("what is left is %v", got)
		}
		if got := history(t, s, c); !slices.Equal(got, []string{""}) {
			t.Errorf("the history is %q", got)
		}
	})

	t.Run("the address is kept only while it counts", func(t *testing.T) {
		late, _ := visits(t, s, nil)
		early, _ := visits(t, s, func(v *chat.Visitor) {
			v.AnonymousUser.CreatedAt = timestamppb.New(time.Now().Add(-2 * time.Hour).Truncate(time.Microsecond))
		})
		if got := erase(t, late, false); got.AddressHash == "" {
			t.Error("one who came of late counts no more")
		}
		if got := erase(t, early, false); got.AddressHash != "" {
			t.Error("the address of one who came long ago is kept")
		}
	})
}
