package storetest

import (
	"fmt"
	"slices"
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// companions is who shares a conversation with whom, as presence is told by it.
func companions(t *testing.T, s chat.Store) {
	create(t, s, chatv1.Conversation_one_to_one, "alice bob", "alice", "bob")
	start(t, s, "alice", "carol", "dave")
	start(t, s, "erin", "frank")
	gone := start(t, s, "alice", "gus")
	must(t, s.DeleteConversation(t.Context(), app, gone.GetId()))
	left := start(t, s, "alice", "henry", "iris")
	must(t, s.RemoveParticipant(t.Context(), app, left.GetId(), left.GetParticipants()[1].GetId()))
	create(t, s, chatv1.Conversation_announcement, "", "alice", "jack")

	t.Run("their conversations, with all who are in them", func(t *testing.T) {
		wantCircles(t, s, []string{"alice"}, "alice bob", "alice carol dave", "alice iris")
		wantCircles(t, s, []string{"bob", "erin", "nobody"}, "alice bob", "erin frank")
		wantCircles(t, s, []string{"gus", "henry", "jack"})
		wantCircles(t, s, nil)
	})
	t.Run("one that several are in is answered once", func(t *testing.T) {
		wantCircles(t, s, []string{"carol", "dave"}, "alice carol dave")
	})
	t.Run("of some, those whom someone shares one with", func(t *testing.T) {
		everyone := []string{"alice", "bob", "carol", "dave", "erin", "gus", "henry", "iris", "jack", "nobody"}
		for subject, want := range map[string][]string{
			"alice": {"alice", "bob", "carol", "dave", "iris"},
			"bob":   {"alice", "bob"},
			"henry": {},
			"jack":  {},
		} {
			got, err := s.FilterCompanions(t.Context(), app, subject, everyone)
			must(t, err)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("those of %s are %q, want %q", subject, got, want)
			}
		}
	})
	t.Run("nothing of another application", func(t *testing.T) {
		circles, err := s.ListCompanions(t.Context(), other, []string{"alice"})
		must(t, err)
		found, err := s.FilterCompanions(t.Context(), other, "alice", []string{"bob"})
		must(t, err)
		if len(circles) != 0 || len(found) != 0 {
			t.Errorf("there is %v and %v", circles, found)
		}
	})
	t.Run("as many as there are", func(t *testing.T) {
		var many []string
		for i := range 900 {
			many = append(many, fmt.Sprint("user-", i))
		}
		start(t, s, many...)
		circles, err := s.ListCompanions(t.Context(), app, many)
		must(t, err)
		if len(circles) != 1 || len(circles[0]) != 900 {
			t.Errorf("there are %d circles", len(circles))
		}
	})
}

func wantCircles(t *testing.T, s chat.Store, subjects []string, want ...string) {
	t.Helper()
	circles, err := s.ListCompanions(t.Context(), app, subjects)
	must(t, err)
	got := []string{}
	for _, circle := range circles {
		slices.Sort(circle)
		text := fmt.Sprint(circle)
		got = append(got, text[1:len(text)-1])
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the circles of %q are %q, want %q", subjects, got, want)
	}
}
