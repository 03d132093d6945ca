package storetest

import (
	"fmt"
	"sync"
	"testing"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// told writes users as a source tells of them, and answers how many came out different.
func told(t *testing.T, s audience.Store, from audience.Origin, users ...*audiencev1.User) int {
	t.Helper()
	changed, err := s.UpsertUsers(t.Context(), app, from, users)
	must(t, err)
	return changed
}

func wantFrom(t *testing.T, s audience.Store, from audience.Origin, want ...string) {
	t.Helper()
	q := everyone()
	q.From = from
	wantIDs(t, s, q, want...)
}

func origins(t *testing.T, s audience.Store) {
	t.Run("are kept", func(t *testing.T) {
		told(t, s, audience.OriginToken, person("token", "1", "asso-1"))
		told(t, s, audience.OriginQuery, person("query", "1", "asso-1"))
		told(t, s, audience.OriginHost, person("host", "1", "asso-1"))
		wantFrom(t, s, audience.OriginToken, "token")
		wantFrom(t, s, audience.OriginQuery, "query")
		wantFrom(t, s, audience.OriginHost, "host")
		wantIDs(t, s, everyone(), "host", "query", "token")
	})
	t.Run("a token tells again of whom tokens told", func(t *testing.T) {
		wantCount(t, "changed", told(t, s, audience.OriginToken, person("token", "2", "asso-2")), 1)
		wantCount(t, "changed", told(t, s, audience.OriginToken, person("token", "2", "asso-2")), 0)
		wantUser(t, s, person("token", "2", "asso-2"))
	})
	t.Run("a token tells nothing of whom others told", func(t *testing.T) {
		wantCount(t, "changed", told(t, s, audience.OriginToken, person("host", "9", ""), person("query", "9", "")), 0)
		wantUser(t, s, person("host", "1", "asso-1"))
		wantUser(t, s, person("query", "1", "asso-1"))
	})
	t.Run("the last to tell, but for tokens, is the one who told", func(t *testing.T) {
		wantCount(t, "changed", told(t, s, audience.OriginQuery, person("host", "1", "asso-1")), 1)
		wantCount(t, "changed", told(t, s, audience.OriginHost, person("token", "3", "asso-3")), 1)
		wantFrom(t, s, audience.OriginQuery, "host", "query")
		wantFrom(t, s, audience.OriginHost, "token")
		wantUser(t, s, person("token", "3", "asso-3"))
	})
	t.Run("of one only are deleted when told so", func(t *testing.T) {
		deleted, err := s.DeleteUsers(t.Context(), app, audience.OriginQuery, []string{"host", "query", "token", "nobody"})
		must(t, err)
		wantCount(t, "deleted", deleted, 2)
		wantIDs(t, s, everyone(), "token")
	})
	t.Run("a token that comes at the same time as the host gives way", func(t *testing.T) { race(t, s) })
}

// race has a token and the host tell of the same new users at once.
func race(t *testing.T, s audience.Store) {
	for round := range 20 {
		var wait sync.WaitGroup
		id := fmt.Sprintf("raced-%d", round)
		for _, from := range []audience.Origin{audience.OriginToken, audience.OriginHost} {
			wait.Go(func() {
				if _, err := s.UpsertUsers(t.Context(), app, from, []*audiencev1.User{person(id, string(from), "")}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		wantUser(t, s, person(id, string(audience.OriginHost), ""))
	}
}

func entityNames(t *testing.T, s audience.Store) {
	in := func(entity, name string) *audiencev1.User {
		return &audiencev1.User{UserId: "alice", Role: "1", EntityId: entity, EntityName: name}
	}
	t.Run("are kept with users", func(t *testing.T) {
		known(t, s, in("asso-1", "Amicale de Rennes"))
		wantUser(t, s, in("asso-1", "Amicale de Rennes"))
	})
	t.Run("stay when none is given", func(t *testing.T) {
		wantCount(t, "changed", known(t, s, in("asso-1", "")), 0)
		renamed := in("asso-1", "")
		renamed.Name = "Alice"
		wantCount(t, "changed", known(t, s, renamed), 1)
		renamed.EntityName = "Amicale de Rennes"
		wantUser(t, s, renamed)
	})
	t.Run("are replaced by another", func(t *testing.T) {
		wantCount(t, "changed", known(t, s, in("asso-1", "Amicale de Brest")), 1)
		wantUser(t, s, in("asso-1", "Amicale de Brest"))
	})
	t.Run("do not go along to another entity", func(t *testing.T) {
		known(t, s, in("asso-2", ""))
		wantUser(t, s, in("asso-2", ""))
	})
}

func counts(t *testing.T, s audience.Store) {
	of := func(id, role, entity, name string) *audiencev1.User {
		return &audiencev1.User{UserId: id, Role: role, EntityId: entity, EntityName: name}
	}
	known(t, s,
		of("a", "1", "asso-1", ""), of("b", "1", "asso-1", "Rennes"), of("c", "1", "asso-1", ""),
		of("d", "2", "asso-1", ""), of("e", "1", "asso-2", ""), of("f", "", "", ""))
	_, err := s.UpsertUsers(t.Context(), other, audience.OriginHost, []*audiencev1.User{of("a", "1", "asso-2", "Elsewhere")})
	must(t, err)
	t.Run("say how many have each role in each entity, and what entities are called", func(t *testing.T) {
		wantHeadcounts(t, s, "",
			map[audience.Selection]int64{
				{Role: "1", EntityID: "asso-1"}: 3, {Role: "2", EntityID: "asso-1"}: 1, {Role: "1", EntityID: "asso-2"}: 1, {}: 1,
			},
			map[string]string{"asso-1": "Rennes", "asso-2": ""})
	})
	t.Run("are of one entity when asked", func(t *testing.T) {
		wantHeadcounts(t, s, "asso-2",
			map[audience.Selection]int64{{Role: "1", EntityID: "asso-2"}: 1}, map[string]string{"asso-2": ""})
	})
}

func wantHeadcounts(t *testing.T, s audience.Store, entity string, users map[audience.Selection]int64, names map[string]string) {
	t.Helper()
	got, err := s.CountUsers(t.Context(), app, entity)
	must(t, err)
	if fmt.Sprint(got.Users) != fmt.Sprint(users) || fmt.Sprint(got.EntityNames) != fmt.Sprint(names) {
		t.Errorf("got %v and %v, want %v and %v", got.Users, got.EntityNames, users, names)
	}
}
