package audience_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

func TestDeleteUsersIsForServicesOnly(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{superAdmin, admin, member, visitor, chat} {
		_, err := client.DeleteUsers(as(t, p), &audiencev1.DeleteUsersRequest{UserIds: []string{"bob"}})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}

func TestDeleteUsersForgetsThemAndNobodyElse(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	settle(t, client, stranger, town()...)
	remove := func(want int32) {
		t.Helper()
		answer, err := client.DeleteUsers(as(t, backEnd), &audiencev1.DeleteUsersRequest{
			UserIds: []string{"member-1", "nobody", "admin-2", "member-1"},
		})
		must(t, err)
		if answer.GetDeletedCount() != want {
			t.Errorf("%d users were deleted, want %d", answer.GetDeletedCount(), want)
		}
	}
	remove(2)
	remove(0)
	left, err := client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{})
	must(t, err)
	wantIDs(t, ids(left.GetUsers()), "admin-1", "member-2", "member-3")
	elsewhere, err := client.ListUsers(as(t, stranger), &audiencev1.ListUsersRequest{})
	must(t, err)
	wantIDs(t, ids(elsewhere.GetUsers()), ids(town())...)
}
