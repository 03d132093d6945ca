package audience_test

import (
	"encoding/base64"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

func TestListUsersAnswersWhomTheFiltersLeave(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	settle(t, client, stranger, person("elsewhere", "1", "asso-1"))
	everyone := ids(town())
	tests := map[string]struct {
		caller auth.Principal
		req    *audiencev1.ListUsersRequest
		want   []string
	}{
		"a service sees everyone":                 {backEnd, &audiencev1.ListUsersRequest{}, everyone},
		"so does a peer":                          {chat, &audiencev1.ListUsersRequest{}, everyone},
		"so does a super admin":                   {superAdmin, &audiencev1.ListUsersRequest{}, everyone},
		"so does a service that acts for someone": {forAlice, &audiencev1.ListUsersRequest{}, everyone},
		"an admin sees their entity":              {admin, &audiencev1.ListUsersRequest{}, []string{"admin-1", "member-1"}},
		"and may name it":                         {admin, &audiencev1.ListUsersRequest{EntityId: "asso-1"}, []string{"admin-1", "member-1"}},
		"of named users an admin sees theirs":     {admin, &audiencev1.ListUsersRequest{UserIds: []string{"member-1", "member-2"}}, []string{"member-1"}},
		"by entity":                               {backEnd, &audiencev1.ListUsersRequest{EntityId: "asso-2"}, []string{"admin-2", "member-2", "member-3"}},
		"by role":                                 {backEnd, &audiencev1.ListUsersRequest{Role: "2"}, []string{"admin-1", "admin-2"}},
		"by entity and role":                      {backEnd, &audiencev1.ListUsersRequest{EntityId: "asso-2", Role: "2"}, []string{"admin-2"}},
		"by id, those that exist":                 {backEnd, &audiencev1.ListUsersRequest{UserIds: []string{"member-3", "elsewhere", "admin-1"}}, []string{"admin-1", "member-3"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer, err := client.ListUsers(as(t, test.caller), test.req)
			must(t, err)
			wantIDs(t, ids(answer.GetUsers()), test.want...)
			if answer.NextPageToken != nil {
				t.Error("the only page names a next one")
			}
		})
	}
}

func TestListUsersAnswersAllThatIsKnown(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, person("alice", "2", "asso-1"))
	answer, err := client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{})
	must(t, err)
	if len(answer.GetUsers()) != 1 {
		t.Fatalf("got %v", answer.GetUsers())
	}
	alice := answer.GetUsers()[0]
	if since := alice.GetCreatedAt(); !since.IsValid() || since.AsTime().Year() < 2020 {
		t.Errorf("she is there since %v", since)
	}
	if alice.CreatedAt = nil; !proto.Equal(alice, person("alice", "2", "asso-1")) {
		t.Errorf("got %v", alice)
	}
}

func TestListUsersPagesThroughTheDirectory(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	req := &audiencev1.ListUsersRequest{Limit: 2}
	var pages [][]string
	for {
		answer, err := client.ListUsers(as(t, backEnd), req)
		must(t, err)
		pages = append(pages, ids(answer.GetUsers()))
		if answer.NextPageToken == nil {
			break
		}
		req.PageToken = answer.GetNextPageToken()
	}
	if len(pages) != 3 {
		t.Fatalf("got %d pages, want 3: %q", len(pages), pages)
	}
	wantIDs(t, pages[0], "admin-1", "admin-2")
	wantIDs(t, pages[1], "member-1", "member-2")
	wantIDs(t, pages[2], "member-3")
}

func TestListUsersIsRefused(t *testing.T) {
	client := newClient(t)
	for name, p := range map[string]auth.Principal{
		"to a member": member, "to a visitor": visitor, "to an admin of no entity": homeless,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.ListUsers(as(t, p), &audiencev1.ListUsersRequest{UserIds: []string{"alice"}})
			wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		})
	}
	t.Run("to an admin for another entity", func(t *testing.T) {
		_, err := client.ListUsers(as(t, admin), &audiencev1.ListUsersRequest{EntityId: "asso-2"})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})
	t.Run("to a peer that names no application", func(t *testing.T) {
		_, err := client.ListUsers(as(t, allPeer), &audiencev1.ListUsersRequest{})
		wantViolation(t, err, "x-palabre-principal")
	})
	t.Run("for a role no user can have", func(t *testing.T) {
		_, err := client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{Role: " 1"})
		wantViolation(t, err, "role")
	})
	for _, token := range []string{"?", base64.RawURLEncoding.EncodeToString([]byte("no user's id")), "YQ="} {
		t.Run("for the token "+token, func(t *testing.T) {
			_, err := client.ListUsers(as(t, backEnd), &audiencev1.ListUsersRequest{PageToken: token})
			wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
		})
	}
}
