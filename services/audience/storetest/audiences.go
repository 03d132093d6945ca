package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// announcement is the id of the nth announcement: they sort in their order.
func announcement(n int) string { return fmt.Sprintf("0190d5a2-7c5b-7000-8000-%012d", n) }

// target is one as it is kept.
func target(role, entity string) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_combined, RoleFilter: role, EntityFilter: entity}
}

// announced keeps whom the nth announcement is for.
func announced(t *testing.T, s audience.Store, n int, targets ...*audiencev1.AudienceTarget) *audiencev1.Audience {
	t.Helper()
	a, err := s.CreateAudience(t.Context(), app, &audiencev1.Audience{
		ConversationId: announcement(n), AuthorId: "alice", Targets: targets,
	})
	must(t, err)
	return a
}

func audiences(t *testing.T, s audience.Store) {
	t.Run("are answered as they were created", func(t *testing.T) {
		created := announced(t, s, 1, target("1", "asso-1"), target("all", "asso-2"), target("2", "all"))
		found, err := s.GetAudience(t.Context(), app, announcement(1))
		must(t, err)
		if found.String() != created.String() || found.GetAuthorId() != "alice" || found.GetEveryone() {
			t.Errorf("got %v, want %v", found, created)
		}
		for i, t1 := range found.GetTargets() {
			want := []string{"1 asso-1", "all asso-2", "2 all"}[i]
			if got := t1.GetRoleFilter() + " " + t1.GetEntityFilter(); got != want || t1.GetConversationId() != announcement(1) ||
				t1.GetId() == "" || t1.GetCreatedAt() == nil || t1.GetTargetType() != audiencev1.AudienceTarget_combined {
				t.Errorf("target %d is %v, want %s", i, t1, want)
			}
		}
	})
	t.Run("created again are answered as they were", func(t *testing.T) {
		again := announced(t, s, 1, target("all", "all"))
		if len(again.GetTargets()) != 3 {
			t.Errorf("got %v", again)
		}
	})
	t.Run("created at the same time are one", func(t *testing.T) { createAtOnce(t, s) })
	t.Run("of another application are not found", func(t *testing.T) {
		_, err := s.GetAudience(t.Context(), other, announcement(1))
		wantNotFound(t, err)
		_, err = s.CreateAudience(t.Context(), other, &audiencev1.Audience{ConversationId: announcement(1), Targets: []*audiencev1.AudienceTarget{target("all", "all")}})
		wantNotFound(t, err)
		must(t, s.DeleteAudience(t.Context(), other, announcement(1)))
		_, err = s.GetAudience(t.Context(), app, announcement(1))
		must(t, err)
	})
	t.Run("deleted are gone with their receipts", func(t *testing.T) { deleteAudience(t, s) })
}

func createAtOnce(t *testing.T, s audience.Store) {
	var wait sync.WaitGroup
	answers := make([]*audiencev1.Audience, 6)
	for i := range answers {
		wait.Go(func() {
			var err error
			answers[i], err = s.CreateAudience(t.Context(), app, &audiencev1.Audience{
				ConversationId: announcement(2), Targets: []*audiencev1.AudienceTarget{target("1", "all")},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	kept, err := s.GetAudience(t.Context(), app, announcement(2))
	must(t, err)
	for _, a := range answers {
		if len(a.GetTargets()) != 1 || a.GetTargets()[0].GetId() != kept.GetTargets()[0].GetId() {
			t.Errorf("got %v, kept is %v", a, kept)
		}
	}
}

func deleteAudience(t *testing.T, s audience.Store) {
	announced(t, s, 3, target("all", "all"))
	announced(t, s, 4, target("all", "all"))
	readers := crowd(1201)
	known(t, s, readers...)
	for _, u := range readers {
		must(t, s.RecordReceipt(t.Context(), app, announcement(3), u.GetUserId(), true))
	}
	must(t, s.RecordReceipt(t.Context(), app, announcement(4), readers[0].GetUserId(), true))
	for range 2 { // The same again does nothing.
		must(t, s.DeleteAudience(t.Context(), app, announcement(3)))
	}
	_, err := s.GetAudience(t.Context(), app, announcement(3))
	wantNotFound(t, err)
	wantSurvey(t, s, 3, "1201 in the audience, 0 received, 0 read")
	wantSurvey(t, s, 4, "1201 in the audience, 1 received, 1 read")
}

func wantNotFound(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, audience.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func userAudiences(t *testing.T, s audience.Store) {
	announced(t, s, 1, target("all", "all"))
	announced(t, s, 2, target("1", "all"))
	announced(t, s, 3, target("all", "asso-1"))
	announced(t, s, 4, target("1", "asso-1"))
	announced(t, s, 5, target("2", "asso-1"), target("1", "asso-2"))
	announced(t, s, 6, target("1", "asso-1"), target("1", "all"), target("all", "all"))
	_, err := s.CreateAudience(t.Context(), other, &audiencev1.Audience{ConversationId: announcement(7), Targets: []*audiencev1.AudienceTarget{target("all", "all")}})
	must(t, err)
	tests := map[string]struct {
		q    audience.UserAudiencesQuery
		want []int
	}{
		"are those that address their role, entity, both or all": {audience.UserAudiencesQuery{Role: "1", EntityID: "asso-1"}, []int{6, 4, 3, 2, 1}},
		"of another entity":                            {audience.UserAudiencesQuery{Role: "1", EntityID: "asso-2"}, []int{6, 5, 2, 1}},
		"of another role":                              {audience.UserAudiencesQuery{Role: "2", EntityID: "asso-1"}, []int{6, 5, 3, 1}},
		"of nobody in particular":                      {audience.UserAudiencesQuery{}, []int{6, 1}},
		"of a role called like the filter for all":     {audience.UserAudiencesQuery{Role: "all", EntityID: "all"}, []int{6, 1}},
		"are at most the limit":                        {audience.UserAudiencesQuery{Role: "1", EntityID: "asso-1", Limit: 2}, []int{6, 4}},
		"go on before one":                             {audience.UserAudiencesQuery{Role: "1", EntityID: "asso-1", Limit: 2, Before: announcement(4)}, []int{3, 2}},
		"go on before one that does not address them":  {audience.UserAudiencesQuery{Role: "1", EntityID: "asso-1", Before: announcement(5)}, []int{4, 3, 2, 1}},
		"are none before the first":                    {audience.UserAudiencesQuery{Role: "1", EntityID: "asso-1", Before: announcement(1)}, nil},
		"do not mistake one entity for a similar name": {audience.UserAudiencesQuery{Role: "1", EntityID: "ASSO-1"}, []int{6, 2, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.q.ApplicationID = app
			if test.q.Limit == 0 {
				test.q.Limit = 100
			}
			list, err := s.ListUserAudiences(t.Context(), test.q)
			must(t, err)
			var got, want []string
			for _, a := range list {
				got = append(got, a.GetConversationId())
				wantTargetOf(t, s, a)
			}
			for _, n := range test.want {
				want = append(want, announcement(n))
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// wantTargetOf says that an answer names a target of its announcement.
func wantTargetOf(t *testing.T, s audience.Store, a *audiencev1.UserAudience) {
	t.Helper()
	found, err := s.GetAudience(t.Context(), app, a.GetConversationId())
	must(t, err)
	if !slices.ContainsFunc(found.GetTargets(), func(t *audiencev1.AudienceTarget) bool { return t.GetId() == a.GetTargetId() }) {
		t.Errorf("%v names no target of %v", a, found)
	}
}
