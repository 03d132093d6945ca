package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// survey asks how far the nth announcement has come.
func survey(t *testing.T, s audience.Store, n int, change ...func(*audience.SurveyQuery)) audience.Survey {
	t.Helper()
	q := audience.SurveyQuery{ApplicationID: app, ConversationID: announcement(n), AnyOf: []audience.Selection{{}}, Limit: 100}
	for _, c := range change {
		c(&q)
	}
	found, err := s.Survey(t.Context(), q)
	must(t, err)
	return found
}

func summary(s audience.Survey) string {
	return fmt.Sprintf("%d in the audience, %d received, %d read", s.Audience, s.Delivered, s.Read)
}

func wantSurvey(t *testing.T, s audience.Store, n int, want string, change ...func(*audience.SurveyQuery)) {
	t.Helper()
	if got := summary(survey(t, s, n, change...)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func wantReaders(t *testing.T, got []*audiencev1.Reader, want ...string) {
	t.Helper()
	var ids []string
	for _, r := range got {
		ids = append(ids, r.GetUserId())
	}
	if !slices.Equal(ids, want) {
		t.Errorf("got %q, want %q", ids, want)
	}
}

func receipts(t *testing.T, s audience.Store) {
	announced(t, s, 1, target("all", "all"))
	known(t, s, person("alice", "1", "asso-1"), person("bob", "1", "asso-1"))
	record := func(user string, read bool) {
		t.Helper()
		must(t, s.RecordReceipt(t.Context(), app, announcement(1), user, read))
	}
	t.Run("say who received, and who has read", func(t *testing.T) {
		record("alice", false)
		wantSurvey(t, s, 1, "2 in the audience, 1 received, 0 read")
		record("alice", true)
		wantSurvey(t, s, 1, "2 in the audience, 1 received, 1 read")
	})
	t.Run("who has read has received", func(t *testing.T) {
		record("bob", true)
		wantSurvey(t, s, 1, "2 in the audience, 2 received, 2 read")
	})
	t.Run("the first of each stays", func(t *testing.T) {
		first := survey(t, s, 1).Readers[0].GetReadAt().AsTime()
		if age := time.Since(first); age < 0 || age > time.Minute {
			t.Errorf("it was read %v ago", age)
		}
		record("alice", true)
		record("alice", false)
		if again := survey(t, s, 1).Readers[0].GetReadAt().AsTime(); !again.Equal(first) {
			t.Errorf("it was read at %v, and then at %v", first, again)
		}
	})
	t.Run("at the same time are one", func(t *testing.T) {
		known(t, s, person("carol", "1", "asso-1"))
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				if err := s.RecordReceipt(t.Context(), app, announcement(1), "carol", i%2 == 0); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		wantSurvey(t, s, 1, "3 in the audience, 3 received, 3 read")
	})
	t.Run("are of one announcement", func(t *testing.T) {
		announced(t, s, 2, target("all", "all"))
		wantSurvey(t, s, 2, "3 in the audience, 0 received, 0 read")
	})
}

func surveys(t *testing.T, s audience.Store) {
	known(t, s,
		person("a", "1", "asso-1"), person("b", "2", "asso-1"), person("c", "1", "asso-2"),
		person("d", "2", "asso-2"), person("e", "3", "asso-3"), person("f", "3", ""))
	_, err := s.UpsertUsers(t.Context(), other, audience.OriginHost, []*audiencev1.User{person("a", "1", "asso-1"), person("z", "1", "asso-1")})
	must(t, err)
	for user, read := range map[string]bool{"a": true, "b": false, "c": true, "e": true, "gone": true} {
		must(t, s.RecordReceipt(t.Context(), app, announcement(1), user, read))
	}
	t.Run("count those who are in the audience now", func(t *testing.T) {
		for _, test := range []struct {
			anyOf []audience.Selection
			want  string
		}{
			{[]audience.Selection{{}}, "6 in the audience, 4 received, 3 read"},
			{[]audience.Selection{{Role: "1"}}, "2 in the audience, 2 received, 2 read"},
			{[]audience.Selection{{EntityID: "asso-1"}}, "2 in the audience, 2 received, 1 read"},
			{[]audience.Selection{{Role: "2", EntityID: "asso-2"}}, "1 in the audience, 0 received, 0 read"},
			{[]audience.Selection{{Role: "9"}}, "0 in the audience, 0 received, 0 read"},
		} {
			wantSurvey(t, s, 1, test.want, func(q *audience.SurveyQuery) { q.AnyOf = test.anyOf })
		}
	})
	t.Run("count whom several selections choose once", func(t *testing.T) {
		for _, anyOf := range [][]audience.Selection{
			{{Role: "1"}, {EntityID: "asso-1"}},
			{{EntityID: "asso-1"}, {Role: "1"}, {Role: "1", EntityID: "asso-1"}, {Role: "1", EntityID: "asso-2"}},
			{{EntityID: "asso-1"}, {Role: "1", EntityID: "asso-2"}, {Role: "1", EntityID: "asso-2"}, {EntityID: "asso-1"}},
			{{Role: "1", EntityID: "asso-1"}, {Role: "2", EntityID: "asso-1"}, {Role: "1", EntityID: "asso-2"}},
		} {
			wantSurvey(t, s, 1, "3 in the audience, 3 received, 2 read", func(q *audience.SurveyQuery) { q.AnyOf = anyOf })
		}
	})
	t.Run("name who has read and who has not", func(t *testing.T) {
		found := survey(t, s, 1)
		wantReaders(t, found.Readers, "a", "c", "e")
		wantReaders(t, found.NonReaders, "b", "d", "f")
		if a := found.Readers[0]; a.GetName() != "Name of a" || a.GetEntityId() != "asso-1" || a.GetReadAt() == nil {
			t.Errorf("the first reader is %v", a)
		}
		if b := found.NonReaders[0]; b.GetName() != "Name of b" || b.GetReadAt() != nil {
			t.Errorf("the first who has not is %v", b)
		}
	})
	t.Run("begin and end where they are told", func(t *testing.T) {
		found := survey(t, s, 1, func(q *audience.SurveyQuery) { q.Limit, q.Readers.After, q.NonReaders.Ended = 1, "a", true })
		wantReaders(t, found.Readers, "c")
		wantReaders(t, found.NonReaders)
		wantCount(t, "read", int(found.Read), 3)
	})
	t.Run("take the first in the order of ids, whatever their roles", func(t *testing.T) {
		found := survey(t, s, 1, func(q *audience.SurveyQuery) {
			q.Limit, q.AnyOf = 2, []audience.Selection{{Role: "3"}, {Role: "2"}, {EntityID: "asso-2"}, {EntityID: "asso-1"}}
		})
		wantReaders(t, found.Readers, "a", "c")
		wantReaders(t, found.NonReaders, "b", "d")
	})
	t.Run("an announcement nobody heard of was received by nobody", func(t *testing.T) {
		found := survey(t, s, 2)
		if !strings.HasPrefix(summary(found), "6 in the audience, 0 received") {
			t.Error(summary(found))
		}
		wantReaders(t, found.Readers)
	})
}
