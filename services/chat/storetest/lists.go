package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// wideSize is more participants than a message counts for one by one.
const wideSize = 60

func lists(t *testing.T, s chat.Store) {
	t.Run("conversations of one moment are in the order of their ids, whatever page they fall on", func(t *testing.T) {
		at := timestamppb.Now()
		var want []string
		for i := range 7 {
			c := newConversation(chatv1.Conversation_group, withFillers("tess", i%3 == 0)...)
			c.CreatedAt = at
			_, _, err := s.CreateConversation(t.Context(), c, "")
			must(t, err)
			want = append([]string{c.GetId()}, want...)
		}
		for _, limit := range []int{1, 2, 3, 7} {
			if got := walk(t, s, "tess", limit); !slices.Equal(got, want) {
				t.Errorf("%d at a time: listed %v\nwant %v", limit, got, want)
			}
		}
	})

	t.Run("a list may be of some types only", func(t *testing.T) {
		start(t, s, "tom", "bob")
		pair := create(t, s, chatv1.Conversation_one_to_one, "bob|tom", "tom", "bob")
		list, err := s.ListConversations(t.Context(), chat.ConversationsQuery{
			ApplicationID: app, Subject: "tom", Limit: 10, Now: time.Now(), Types: []chatv1.Conversation_Type{chatv1.Conversation_one_to_one},
		})
		must(t, err)
		if len(list) != 1 || list[0].GetId() != pair.GetId() || len(list[0].GetParticipants()) != 2 {
			t.Errorf("listed %v", list)
		}
	})

	for size, members := range map[string][]string{"a small": {"uma", "ugo"}, "a wide": append(withFillers("una", true), "ugo")} {
		t.Run(size+" conversation leaves the list and the total when it is left, ends or expires", func(t *testing.T) {
			reader := "ugo"
			c := start(t, s, members...)
			ugo := c.GetParticipants()[len(members)-1]
			send(t, s, c, members[0], "bonjour")
			listed(t, s, reader, 1, 1)

			must(t, s.RemoveParticipant(t.Context(), app, c.GetId(), ugo.GetId()))
			listed(t, s, reader, 0, 0)
			_, _, err := s.AddParticipant(t.Context(), app, member(c, reader, false))
			must(t, err)
			send(t, s, c, members[0], "encore")
			listed(t, s, reader, 1, 1)

			expire(t, s, c, timestamppb.Now())
			listed(t, s, reader, 0, 0)
			listed(t, s, members[0], 1, 0)
			expire(t, s, c, nil)
			listed(t, s, reader, 1, 1)

			must(t, s.DeleteConversation(t.Context(), app, c.GetId()))
			listed(t, s, reader, 0, 0)
			listed(t, s, members[0], 0, 0)
		})
	}

	t.Run("a message that is deleted keeps its place and is still unread", func(t *testing.T) {
		c := start(t, s, "vera", "vic")
		m := send(t, s, c, "vera", "oups")
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "vera"))
		listed(t, s, "vic", 1, 1)
	})

	t.Run("a conversation that becomes wide keeps its place and what is unread in it", func(t *testing.T) {
		c := start(t, s, "wanda", "walt")
		send(t, s, c, "wanda", "un")
		send(t, s, c, "walt", "deux")
		send(t, s, c, "wanda", "trois")
		for i := range wideSize {
			_, _, err := s.AddParticipant(t.Context(), app, member(c, fmt.Sprint("w", i), false))
			must(t, err)
		}
		listed(t, s, "walt", 1, 2)
		listed(t, s, "wanda", 1, 1)
		send(t, s, c, "walt", "quatre")
		listed(t, s, "wanda", 1, 2)
		_, err := s.AdvanceReceipt(t.Context(), app, c.GetId(), "walt", chat.Read, 3)
		must(t, err)
		listed(t, s, "walt", 1, 0)
		listed(t, s, "w7", 1, 1)
	})

	t.Run("what is unread can be counted of some types only", func(t *testing.T) {
		for _, kind := range []chatv1.Conversation_Type{chatv1.Conversation_group, chatv1.Conversation_broadcast} {
			send(t, s, create(t, s, kind, "", "yves", "zora"), "yves", "bonjour")
		}
		q := chat.ConversationsQuery{ApplicationID: app, Subject: "zora", Types: []chatv1.Conversation_Type{chatv1.Conversation_group}, Now: time.Now()}
		if total, err := s.CountUnread(t.Context(), q); err != nil || total != 1 {
			t.Errorf("CountUnread answers %d, %v", total, err)
		}
		listed(t, s, "zora", 2, 2)
	})

	t.Run("announcements are listed to their audience, and count as unread until they are read", func(t *testing.T) {
		first := create(t, s, chatv1.Conversation_announcement, "", "xena")
		send(t, s, first, "xena", "à tous")
		second := create(t, s, chatv1.Conversation_announcement, "", "xena")
		send(t, s, second, "xena", "encore")
		for who, unread := range map[string]int64{"xena": 0, "xavi": 2} {
			q := chat.ConversationsQuery{
				ApplicationID: app, Subject: who, Limit: 10, Now: time.Now(), Announcements: []string{first.GetId(), second.GetId()},
			}
			list, err := s.ListConversations(t.Context(), q)
			must(t, err)
			total, err := s.CountUnread(t.Context(), q)
			must(t, err)
			if len(list) != 2 || list[0].GetId() != second.GetId() || total != unread {
				t.Errorf("%s is listed %v, with %d unread in all, want %d", who, list, total, unread)
			}
		}
		listed(t, s, "xavi", 0, 0)
		listed(t, s, "xena", 2, 0)
	})
}

// listed says how many conversations someone is listed, and how many messages in them are unread, each by each and in all.
func listed(t *testing.T, s chat.Store, who string, conversations int, unread int64) {
	t.Helper()
	list, err := page(t.Context(), s, who, nil, 100)
	must(t, err)
	sum := int64(0)
	for _, c := range list {
		sum += int64(c.GetUnreadCount())
	}
	total := totalUnread(t, s, who)
	if len(list) != conversations || sum != unread || total != unread {
		t.Errorf("%s is listed %d conversations with %d unread, %d in all; want %d with %d", who, len(list), sum, total, conversations, unread)
	}
}

func totalUnread(t *testing.T, s chat.Store, who string) int64 {
	t.Helper()
	total, err := s.CountUnread(t.Context(), chat.ConversationsQuery{ApplicationID: app, Subject: who, Now: time.Now()})
	must(t, err)
	return total
}

// walk answers the ids of someone's list, read page by page.
func walk(t *testing.T, s chat.Store, who string, limit int) []string {
	t.Helper()
	var ids []string
	var after *chat.ConversationKey
	for {
		list, err := page(t.Context(), s, who, after, limit)
		must(t, err)
		if len(list) == 0 {
			return ids
		}
		for _, c := range list {
			ids = append(ids, c.GetId())
		}
		key := chat.KeyOf(list[len(list)-1])
		after = &key
	}
}

func expire(t *testing.T, s chat.Store, c *chatv1.Conversation, at *timestamppb.Timestamp) {
	t.Helper()
	_, err := s.UpdateConversation(t.Context(), app, c.GetId(), func(c *chatv1.Conversation) error { c.ExpiryDate = at; return nil })
	must(t, err)
}

// withFillers is someone alone, or with so many that their conversation is wide.
func withFillers(who string, wide bool) []string {
	members := []string{who}
	for i := 1; wide && i < wideSize; i++ {
		members = append(members, fmt.Sprint("filler", i))
	}
	return members
}
