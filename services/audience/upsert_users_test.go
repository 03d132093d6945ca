package audience_test

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

func TestUpsertUsersIsForServicesOnly(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{superAdmin, admin, member, visitor, chat} {
		_, err := client.UpsertUsers(as(t, p), &audiencev1.UpsertUsersRequest{Users: town()})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
	for _, p := range []auth.Principal{backEnd, forAlice} {
		_, err := client.UpsertUsers(as(t, p), &audiencev1.UpsertUsersRequest{Users: town()})
		must(t, err)
	}
}

func TestUpsertUsersCountsWhoWasCreatedOrChanged(t *testing.T) {
	client := newClient(t)
	upsert := func(want int32, users ...*audiencev1.User) {
		t.Helper()
		answer, err := client.UpsertUsers(as(t, backEnd), &audiencev1.UpsertUsersRequest{Users: users})
		must(t, err)
		if answer.GetUpsertedCount() != want {
			t.Errorf("%d were created or changed, want %d", answer.GetUpsertedCount(), want)
		}
	}
	upsert(5, town()...)
	upsert(0, town()...)
	moved := person("member-1", "1", "asso-2")
	upsert(2, moved, person("member-2", "1", "asso-2"), person("new", "1", "asso-2"))
	upsert(0, moved)
}

func TestUpsertUsersTakesTheLastOfAUserWhoComesTwice(t *testing.T) {
	client := newClient(t)
	answer, err := client.UpsertUsers(as(t, backEnd), &audiencev1.UpsertUsersRequest{Users: []*audiencev1.User{
		person("alice", "1", "asso-1"), person("bob", "1", "asso-1"), person("alice", "2", "asso-2"),
	}})
	must(t, err)
	if answer.GetUpsertedCount() != 2 {
		t.Errorf("%d users were created, want 2", answer.GetUpsertedCount())
	}
	list, err := client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{Role: "2", EntityId: "asso-2"})
	must(t, err)
	wantIDs(t, ids(list.GetUsers()), "alice")
}

func TestUpsertUsersRefusesWhatCannotBeKept(t *testing.T) {
	client := newClient(t)
	tests := map[string]struct {
		user  *audiencev1.User
		field string
	}{
		"a visitor's id":          {person("anon:1", "1", ""), "users[1].userId"},
		"an id with a space":      {person("a b", "1", ""), "users[1].userId"},
		"no id":                   {person("", "1", ""), "users[1].userId"},
		"a zero character":        {&audiencev1.User{UserId: "a", Name: "A\x00"}, "users[1].name"},
		"a space after the role":  {person("a", "1 ", ""), "users[1].role"},
		"a tab before the entity": {person("a", "1", "\tasso-1"), "users[1].entityId"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := client.UpsertUsers(as(t, backEnd), &audiencev1.UpsertUsersRequest{Users: []*audiencev1.User{person("fine", "1", ""), test.user}})
			wantViolation(t, err, test.field)
		})
	}
	_, err := client.UpsertUsers(as(t, backEnd), &audiencev1.UpsertUsersRequest{})
	wantViolation(t, err, "users")
	list, err := client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{})
	must(t, err)
	wantIDs(t, ids(list.GetUsers()))
}

// BenchmarkUpsertUsers is a whole call of new users, SQLite and the interceptors included.
func BenchmarkUpsertUsers(b *testing.B) {
	const users = 5000
	client := newClient(b)
	round := 0
	for b.Loop() {
		round++
		all := make([]*audiencev1.User, users)
		for i := range all {
			all[i] = person(fmt.Sprintf("user-%d-%d", round, i), "1", "asso-1")
		}
		settle(b, client, backEnd, all...)
	}
	b.ReportMetric(float64(b.N*users)/b.Elapsed().Seconds(), "users/s")
}
