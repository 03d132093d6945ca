package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

func behind(t *testing.T, s chat.Store) {
	ctx := t.Context()
	wantBehind := func(t *testing.T, applicationID string, reach int64, want []string, of ...*chatv1.Message) {
		t.Helper()
		latest := map[string]int64{}
		for _, m := range of {
			latest[m.GetConversationId()] = m.GetSeq()
		}
		list, err := s.ListBehind(ctx, applicationID, latest, reach)
		must(t, err)
		var got []string
		for _, b := range list {
			got = append(got, fmt.Sprint(b.UserID, " ", b.DeliveredSeq))
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("behind are %q, want %q", got, want)
		}
	}

	t.Run("those are behind who have not received a message, but for those who are too far", func(t *testing.T) {
		c, elsewhere := start(t, s, "alice", "bob", "carol", "dan"), start(t, s, "erin", "bob")
		send(t, s, c, "alice", "1")
		second, third := send(t, s, c, "alice", "2"), send(t, s, c, "alice", "3")
		first := send(t, s, elsewhere, "erin", "1")
		for who, seq := range map[string]int64{"bob": 1, "carol": 3} {
			_, err := s.AdvanceReceipt(ctx, app, c.GetId(), who, chat.Delivered, seq)
			must(t, err)
		}
		wantBehind(t, app, 3, []string{"bob 1", "dan 0"}, third)
		wantBehind(t, app, 2, []string{"bob 1"}, third)
		wantBehind(t, app, 1, []string{"bob 1"}, second)
		wantBehind(t, app, 2, []string{"bob 0", "bob 1"}, third, first)
		wantBehind(t, app, 3, nil)
	})

	t.Run("visitors, those who left, and members of what was deleted are not", func(t *testing.T) {
		c := newConversation(chatv1.Conversation_group, "alice", "bob")
		visitor := member(c, "", false)
		visitor.AnonymousId = uuid.NewString()
		c.Participants = append(c.Participants, visitor)
		_, _, err := s.CreateConversation(ctx, c, "")
		must(t, err)
		m := send(t, s, c, "alice", "x")
		wantBehind(t, app, 1, []string{"bob 0"}, m)
		wantBehind(t, other, 1, nil, m)
		must(t, s.RemoveParticipant(ctx, app, c.GetId(), c.GetParticipants()[1].GetId()))
		wantBehind(t, app, 1, nil, m)

		deleted := start(t, s, "alice", "bob")
		m = send(t, s, deleted, "alice", "x")
		must(t, s.DeleteConversation(ctx, app, deleted.GetId()))
		wantBehind(t, app, 1, nil, m)
	})

	t.Run("an announcement's audience is not", func(t *testing.T) {
		c := announce(t, s, "Assemblée")
		must(t, s.JoinAudience(ctx, app, member(c, "bob", false)))
		wantBehind(t, app, 2, nil, send(t, s, c, "alice", "x"))
	})
}

// notified stores a notification of a message for a user, and answers it.
func notified(t *testing.T, s chat.Store, user string, m *chatv1.Message) *chatv1.ChatNotification {
	t.Helper()
	n := &chatv1.ChatNotification{
		Id:             uuid.Must(uuid.NewV7()).String(),
		UserId:         user,
		MessageId:      m.GetId(),
		ConversationId: m.GetConversationId(),
		Type:           chatv1.ChatNotification_new_message,
		Status:         chatv1.ChatNotification_sent,
		SentAt:         timestamppb.New(m.GetCreatedAt().AsTime()),
	}
	must(t, s.AddNotifications(t.Context(), app, []*chatv1.ChatNotification{n}))
	return n
}

func notificationsOf(user string) chat.NotificationsQuery {
	return chat.NotificationsQuery{ApplicationID: app, UserID: user, Limit: 100, Now: time.Now()}
}

func notifications(t *testing.T, s chat.Store) {
	ctx := t.Context()
	list := func(t *testing.T, q chat.NotificationsQuery) []*chatv1.ChatNotification {
		t.Helper()
		list, err := s.ListNotifications(ctx, q)
		must(t, err)
		return list
	}
	statuses := func(t *testing.T, user string, unreadOnly bool) (statuses []string) {
		t.Helper()
		q := notificationsOf(user)
		q.UnreadOnly = unreadOnly
		for _, n := range list(t, q) {
			if (n.GetReadAt() != nil) != (n.GetStatus() == chatv1.ChatNotification_read) {
				t.Errorf("%v was read at %v", n.GetStatus(), n.GetReadAt())
			}
			statuses = append(statuses, n.GetStatus().String())
		}
		return statuses
	}
	wantStatuses := func(t *testing.T, user string, unreadOnly bool, want ...string) {
		t.Helper()
		if got := statuses(t, user, unreadOnly); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", user, got, want)
		}
	}

	t.Run("they come newest first, page by page, each user's own", func(t *testing.T) {
		c := start(t, s, "alice", "bob", "carol")
		var want []string
		for range 5 {
			m := send(t, s, c, "alice", "x")
			want = append([]string{notified(t, s, "bob", m).GetId()}, want...)
			notified(t, s, "carol", m)
		}
		q, got := notificationsOf("bob"), []string(nil)
		for q.Limit = 2; ; q.Before = got[len(got)-1] {
			page := list(t, q)
			if len(page) == 0 {
				break
			}
			for _, n := range page {
				got = append(got, n.GetId())
				if n.GetUserId() != "bob" || n.GetType() != chatv1.ChatNotification_new_message || n.GetConversationId() != c.GetId() {
					t.Errorf("listed is %v", n)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed are %v, want %v", got, want)
		}
		if q = notificationsOf("bob"); len(list(t, chat.NotificationsQuery{ApplicationID: other, UserID: "bob", Limit: 9, Now: q.Now})) != 0 {
			t.Error("another application's bob has them too")
		}
	})

	t.Run("one that is stored again stays as it is", func(t *testing.T) {
		c := start(t, s, "alice", "dora")
		first, second := send(t, s, c, "alice", "1"), send(t, s, c, "alice", "2")
		n := notified(t, s, "dora", first)
		marked, err := s.MarkNotificationsRead(ctx, app, "dora", []string{n.GetId()})
		must(t, err)
		if marked != 1 {
			t.Errorf("%d were marked", marked)
		}
		fresh := notified(t, s, "dora", second)
		must(t, s.AddNotifications(ctx, app, []*chatv1.ChatNotification{n, n, fresh}))
		must(t, s.AddNotifications(ctx, app, []*chatv1.ChatNotification{n}))
		must(t, s.AddNotifications(ctx, app, nil))
		wantStatuses(t, "dora", false, "sent", "read")
	})

	t.Run("watermarks move them on at once", func(t *testing.T) {
		c := start(t, s, "alice", "emma")
		for range 3 {
			notified(t, s, "emma", send(t, s, c, "alice", "x"))
		}
		wantStatuses(t, "emma", false, "sent", "sent", "sent")
		_, err := s.AdvanceReceipt(ctx, app, c.GetId(), "emma", chat.Delivered, 2)
		must(t, err)
		wantStatuses(t, "emma", false, "sent", "delivered", "delivered")
		_, err = s.AdvanceReceipt(ctx, app, c.GetId(), "emma", chat.Read, 1)
		must(t, err)
		wantStatuses(t, "emma", false, "sent", "delivered", "read")
		wantStatuses(t, "emma", true, "sent", "delivered")
		if marked, err := s.MarkNotificationsRead(ctx, app, "emma", nil); err != nil || marked != 2 {
			t.Errorf("%d were marked besides the one that was read: %v", marked, err)
		}
		wantStatuses(t, "emma", true)
	})

	t.Run("a receipt settles those up to it, as of its time, once", func(t *testing.T) {
		c := start(t, s, "alice", "fred", "gina")
		for range 2 {
			m := send(t, s, c, "alice", "x")
			notified(t, s, "fred", m)
			notified(t, s, "gina", m)
		}
		at := time.Now().Add(-time.Minute).Truncate(time.Microsecond)
		receipt := chat.ReadReceipt{ConversationID: c.GetId(), UserID: "fred", Seq: 1, At: at}
		later := receipt
		later.At = at.Add(time.Second)
		must(t, s.SettleNotifications(ctx, app, []chat.ReadReceipt{receipt, later}))
		must(t, s.SettleNotifications(ctx, other, []chat.ReadReceipt{{ConversationID: c.GetId(), UserID: "fred", Seq: 2, At: at}}))
		must(t, s.SettleNotifications(ctx, app, nil))
		wantStatuses(t, "fred", false, "sent", "read")
		wantStatuses(t, "gina", false, "sent", "sent")
		if got := list(t, notificationsOf("fred"))[1].GetReadAt().AsTime(); !got.Equal(at) {
			t.Errorf("read at %v, want %v", got, at)
		}
	})

	t.Run("only one's own are marked, and unknown ids mean nothing", func(t *testing.T) {
		c := start(t, s, "alice", "hugo", "ines")
		m := send(t, s, c, "alice", "x")
		mine, theirs := notified(t, s, "hugo", m), notified(t, s, "ines", m)
		for _, tt := range []struct {
			application string
			ids         []string
			want        int
		}{
			{app, []string{theirs.GetId(), uuid.NewString()}, 0},
			{other, nil, 0},
			{app, []string{mine.GetId(), theirs.GetId()}, 1},
			{app, []string{mine.GetId()}, 0},
		} {
			if marked, err := s.MarkNotificationsRead(ctx, tt.application, "hugo", tt.ids); err != nil || marked != tt.want {
				t.Errorf("%v of %s: %d were marked, want %d: %v", tt.ids, tt.application, marked, tt.want, err)
			}
		}
		wantStatuses(t, "ines", true, "sent")
	})

	t.Run("what cannot be looked at any more is not listed, nor marked", func(t *testing.T) {
		gone, expired, left, kept := start(t, s, "alice", "jean"), start(t, s, "alice", "jean"), start(t, s, "alice", "jean"), start(t, s, "alice", "jean")
		for _, c := range []*chatv1.Conversation{gone, expired, left} {
			notified(t, s, "jean", send(t, s, c, "alice", "x"))
		}
		taken := send(t, s, kept, "alice", "x")
		notified(t, s, "jean", taken)
		last := notified(t, s, "jean", send(t, s, kept, "alice", "x"))
		must(t, s.DeleteConversation(ctx, app, gone.GetId()))
		must(t, s.RemoveParticipant(ctx, app, left.GetId(), left.GetParticipants()[1].GetId()))
		must(t, s.DeleteMessage(ctx, app, taken.GetId(), "alice"))
		_, err := s.UpdateConversation(ctx, app, expired.GetId(), func(c *chatv1.Conversation) error {
			c.ExpiryDate = timestamppb.New(time.Now().Add(-time.Minute))
			return nil
		})
		must(t, err)
		if got := list(t, notificationsOf("jean")); len(got) != 1 || got[0].GetId() != last.GetId() {
			t.Errorf("listed are %v", got)
		}
		if marked, err := s.MarkNotificationsRead(ctx, app, "jean", nil); err != nil || marked != 1 {
			t.Errorf("%d were marked: %v", marked, err)
		}
	})

	t.Run("that of an announcement needs no place in it, but to be addressed to the user", func(t *testing.T) {
		c := announce(t, s, "Assemblée")
		must(t, s.AddNotifications(ctx, app, []*chatv1.ChatNotification{{
			Id:             uuid.Must(uuid.NewV7()).String(),
			UserId:         "karl",
			ConversationId: c.GetId(),
			Type:           chatv1.ChatNotification_new_announcement,
			Status:         chatv1.ChatNotification_sent,
			SentAt:         timestamppb.Now(),
		}}))
		wantStatuses(t, "karl", true)
		q := notificationsOf("karl")
		q.Announcements = []string{c.GetId()}
		if got := list(t, q); len(got) != 1 {
			t.Errorf("listed are %v", got)
		}
	})
}
