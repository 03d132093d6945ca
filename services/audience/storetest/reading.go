package storetest

import (
	"slices"
	"testing"

	"github.com/palabre/palabre/services/audience"
)

func list(t *testing.T, s audience.Store) {
	known(t, s, person("dave", "1", ""), person("alice", "1", ""), person("carol", "1", ""), person("bob", "1", ""))

	t.Run("answers in the order of ids", func(t *testing.T) {
		wantIDs(t, s, everyone(), "alice", "bob", "carol", "dave")
	})
	t.Run("answers at most the limit, after an id that need not exist", func(t *testing.T) {
		wantIDs(t, s, audience.UsersQuery{ApplicationID: app, Limit: 2}, "alice", "bob")
		wantIDs(t, s, audience.UsersQuery{ApplicationID: app, Limit: 2, After: "bob"}, "carol", "dave")
		wantIDs(t, s, audience.UsersQuery{ApplicationID: app, Limit: 2, After: "bobby"}, "carol", "dave")
		wantIDs(t, s, audience.UsersQuery{ApplicationID: app, Limit: 2, After: "dave"})
	})
	t.Run("answers of given ids those that exist", func(t *testing.T) {
		wantIDs(t, s, audience.UsersQuery{ApplicationID: app, Limit: 9, UserIDs: []string{"dave", "nobody", "alice"}}, "alice", "dave")
	})
	t.Run("pages put together are everyone once", func(t *testing.T) {
		known(t, s, crowd(250)...)
		var all []string
		q := audience.UsersQuery{ApplicationID: app, Limit: 7}
		for page := ids(t, s, q); len(page) > 0; page = ids(t, s, q) {
			all = append(all, page...)
			q.After = page[len(page)-1]
		}
		wantCount(t, "users", len(all), 254)
		if distinct := slices.Compact(slices.Clone(all)); len(distinct) != len(all) || !slices.IsSorted(all) {
			t.Errorf("users are repeated or out of order: %q", all)
		}
	})
}

func selections(t *testing.T, s audience.Store) {
	known(t, s,
		person("admin-1", "2", "asso-1"), person("admin-2", "2", "asso-2"),
		person("member-1", "1", "asso-1"), person("member-2", "1", "asso-2"),
		person("root", "9", ""), person("upper", "1", "ASSO-1"))

	tests := map[string]struct {
		anyOf []audience.Selection
		want  []string
	}{
		"none is everyone": {
			nil,
			[]string{"admin-1", "admin-2", "member-1", "member-2", "root", "upper"},
		},
		"by role": {
			[]audience.Selection{{Role: "2"}},
			[]string{"admin-1", "admin-2"},
		},
		"by entity, exactly": {
			[]audience.Selection{{EntityID: "asso-1"}},
			[]string{"admin-1", "member-1"},
		},
		"by both": {
			[]audience.Selection{{Role: "1", EntityID: "asso-2"}},
			[]string{"member-2"},
		},
		"the union has each user once": {
			[]audience.Selection{{Role: "2"}, {EntityID: "asso-1"}, {Role: "1", EntityID: "asso-1"}},
			[]string{"admin-1", "admin-2", "member-1"},
		},
		"with everyone in it the union is everyone": {
			[]audience.Selection{{Role: "2"}, {}},
			[]string{"admin-1", "admin-2", "member-1", "member-2", "root", "upper"},
		},
		"of an unknown role nobody": {
			[]audience.Selection{{Role: "none"}},
			nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			q := everyone()
			q.AnyOf = test.anyOf
			wantIDs(t, s, q, test.want...)
		})
	}
	t.Run("goes with the other parts of the query", func(t *testing.T) {
		q := audience.UsersQuery{
			ApplicationID: app, Limit: 9, After: "admin-1",
			UserIDs: []string{"admin-1", "admin-2", "member-1", "root"},
			AnyOf:   []audience.Selection{{Role: "2"}, {EntityID: "asso-1"}},
		}
		wantIDs(t, s, q, "admin-2", "member-1")
	})
}

func applications(t *testing.T, s audience.Store) {
	known(t, s, person("alice", "1", "asso-1"))
	_, err := s.UpsertUsers(t.Context(), other, audience.OriginHost, crowd(3))
	must(t, err)

	t.Run("see their own users only", func(t *testing.T) {
		wantIDs(t, s, everyone(), "alice")
		wantIDs(t, s, audience.UsersQuery{ApplicationID: app, Limit: 9, AnyOf: []audience.Selection{{Role: "1"}, {EntityID: "asso-1"}}}, "alice")
	})
	t.Run("may each have a user of the same id", func(t *testing.T) {
		changed, err := s.UpsertUsers(t.Context(), other, audience.OriginHost, append(crowd(3), person("alice", "9", "elsewhere")))
		must(t, err)
		wantCount(t, "created", changed, 1)
		wantUser(t, s, person("alice", "1", "asso-1"))
	})
	t.Run("delete their own users only", func(t *testing.T) {
		_, err := s.DeleteUsers(t.Context(), other, audience.AnyOrigin, []string{"alice"})
		must(t, err)
		wantIDs(t, s, everyone(), "alice")
	})
}
