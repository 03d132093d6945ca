// Package storetest is what every audience.Store has to do, on every database: run it with Run.
package storetest

import (
	"fmt"
	"slices"
	"testing"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

const (
	app   = "geosector"
	other = "resalice"
)

// Run runs the suite. newStore answers a Store of an empty database.
func Run(t *testing.T, newStore func(*testing.T) audience.Store) {
	suite := map[string]func(*testing.T, audience.Store){
		"Upsert":       upsert,
		"Delete":       deletion,
		"List":         list,
		"Selections":   selections,
		"Applications": applications,
		"Origins":      origins,
		"EntityNames":  entityNames,
		"Counts":       counts,
		"Audiences":    audiences,
		"UserLists":    userAudiences,
		"Receipts":     receipts,
		"Surveys":      surveys,
	}
	for name, test := range suite {
		t.Run(name, func(t *testing.T) { test(t, newStore(t)) })
	}
}

// person is a user of the tests: the id, the role and the entity.
func person(id, role, entity string) *audiencev1.User {
	return &audiencev1.User{UserId: id, Name: "Name of " + id, Role: role, EntityId: entity}
}

// crowd is n users whose ids are in ascending order.
func crowd(n int) []*audiencev1.User {
	users := make([]*audiencev1.User, n)
	for i := range users {
		users[i] = person(fmt.Sprintf("u-%05d", i), "1", "asso-1")
	}
	return users
}

// known writes users and answers how many came out different.
func known(t *testing.T, s audience.Store, users ...*audiencev1.User) int {
	t.Helper()
	changed, err := s.UpsertUsers(t.Context(), app, audience.OriginHost, users)
	must(t, err)
	return changed
}

// everyone is the query for all users of the application of the tests.
func everyone() audience.UsersQuery { return audience.UsersQuery{ApplicationID: app, Limit: 100} }

// ids answers the ids of the users that a query lets pass.
func ids(t *testing.T, s audience.Store, q audience.UsersQuery) []string {
	t.Helper()
	users, err := s.ListUsers(t.Context(), q)
	must(t, err)
	var ids []string
	for _, u := range users {
		ids = append(ids, u.GetUserId())
	}
	return ids
}

func wantIDs(t *testing.T, s audience.Store, q audience.UsersQuery, want ...string) {
	t.Helper()
	if got := ids(t, s, q); !slices.Equal(got, want) {
		t.Errorf("%+v lets %q pass, want %q", q, got, want)
	}
}

func wantCount(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
