package audience_test

import (
	"testing"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

func TestEnsureUsersNotesWhomNobodyElseToldOf(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, person("told", "2", "asso-1"))
	ensure := func(want int32, users ...*audiencev1.User) {
		t.Helper()
		answer, err := client.EnsureUsers(as(t, chat), &audiencev1.EnsureUsersRequest{Users: users})
		must(t, err)
		if answer.GetChangedCount() != want {
			t.Errorf("%d were created or changed, want %d", answer.GetChangedCount(), want)
		}
	}
	role := func(id string) string {
		t.Helper()
		list, err := client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{UserIds: []string{id}})
		must(t, err)
		return list.GetUsers()[0].GetRole()
	}
	ensure(1, person("seen", "1", "asso-1"), person("told", "9", ""))
	ensure(0, person("seen", "1", "asso-1"))
	ensure(1, person("seen", "2", "asso-1"), person("seen", "3", "asso-1"))
	if role("told") != "2" || role("seen") != "3" {
		t.Errorf("the roles are %s and %s, want 2 and 3", role("told"), role("seen"))
	}
	settle(t, client, backEnd, person("seen", "4", "asso-1"))
	ensure(0, person("seen", "1", "asso-1"))
}

func TestEnsureUsersRefusesWhatCannotBeKept(t *testing.T) {
	client := newClient(t)
	_, err := client.EnsureUsers(as(t, chat), &audiencev1.EnsureUsersRequest{Users: []*audiencev1.User{person("a", "1 ", "")}})
	wantViolation(t, err, "users[0].role")
	_, err = client.EnsureUsers(as(t, chat), &audiencev1.EnsureUsersRequest{})
	wantViolation(t, err, "users")
}
