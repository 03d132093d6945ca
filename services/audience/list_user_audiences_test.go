package audience_test

import (
	"slices"
	"testing"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
)

func TestListUserAudiencesPagesFromTheNewest(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, superAdmin, 1, all())
	announce(t, client, superAdmin, 2, role("1"), entity("asso-1"))
	announce(t, client, superAdmin, 3, entity("asso-2"))
	announce(t, client, superAdmin, 4, combined("1", "asso-1"))
	announce(t, client, auth.Principal{ApplicationID: "resalice", Kind: auth.KindService}, 5, all())
	list := func(req *audiencev1.ListUserAudiencesRequest, more bool, want ...int) {
		t.Helper()
		answer, err := client.ListUserAudiences(as(t, chat), req)
		must(t, err)
		var got, ids []string
		for _, a := range answer.GetAudiences() {
			got = append(got, a.GetConversationId())
		}
		for _, n := range want {
			ids = append(ids, announcement(n))
		}
		if !slices.Equal(got, ids) || answer.GetMore() != more {
			t.Errorf("%v is answered %q, more %v; want %q, %v", req, got, answer.GetMore(), ids, more)
		}
	}
	list(&audiencev1.ListUserAudiencesRequest{UserId: "member-1"}, false, 4, 2, 1)
	list(&audiencev1.ListUserAudiencesRequest{UserId: "member-1", Limit: 2}, true, 4, 2)
	list(&audiencev1.ListUserAudiencesRequest{UserId: "member-1", Limit: 2, BeforeConversationId: announcement(2)}, false, 1)
	list(&audiencev1.ListUserAudiencesRequest{UserId: "member-1", Limit: 3}, false, 4, 2, 1)
	list(&audiencev1.ListUserAudiencesRequest{UserId: "admin-2"}, false, 3, 1)
	list(&audiencev1.ListUserAudiencesRequest{UserId: "nobody"}, false, 1)
}

func TestListUserAudiencesRefusesWhatIsNoPlace(t *testing.T) {
	client := newClient(t)
	_, err := client.ListUserAudiences(as(t, chat), &audiencev1.ListUserAudiencesRequest{UserId: "bob", BeforeConversationId: "1"})
	wantViolation(t, err, "beforeConversationId")
	_, err = client.ListUserAudiences(as(t, chat), &audiencev1.ListUserAudiencesRequest{UserId: "bob", Limit: 1001})
	wantViolation(t, err, "limit")
}
