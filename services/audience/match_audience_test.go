package audience_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// matches answers the number of the target that a user is in the audience of the first announcement by; -1 for none.
func matches(t *testing.T, client audiencev1.AudienceServiceClient, user string) int {
	t.Helper()
	answer, err := client.MatchAudience(as(t, chat), &audiencev1.MatchAudienceRequest{ConversationId: announcement(1), UserId: user})
	must(t, err)
	a, err := client.GetAudience(as(t, chat), &audiencev1.GetAudienceRequest{ConversationId: announcement(1)})
	must(t, err)
	for i, target := range a.GetTargets() {
		if target.GetId() == answer.GetTargetId() {
			return i
		}
	}
	if answer.GetTargetId() != "" {
		t.Errorf("%s is in it by %q, which is no target of it", user, answer.GetTargetId())
	}
	return -1
}

func TestMatchAudienceSaysByWhichTarget(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, superAdmin, 1, role("2"), combined("1", "asso-2"))
	for user, want := range map[string]int{
		"admin-1": 0, "admin-2": 0, "member-2": 1, "member-1": -1, "nobody": -1,
	} {
		if got := matches(t, client, user); got != want {
			t.Errorf("%s is in it by target %d, want %d", user, got, want)
		}
	}
}

func TestAnAudienceIsWhatTheDirectorySaysNow(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, superAdmin, 1, entity("asso-2"))
	if matches(t, client, "member-1") != -1 {
		t.Error("member-1 is in the audience before they join the entity")
	}
	settle(t, client, backEnd, person("member-1", "1", "asso-2"))
	if matches(t, client, "member-1") != 0 {
		t.Error("member-1 joined the entity and is not in the audience")
	}
	_, err := client.DeleteUsers(as(t, backEnd), &audiencev1.DeleteUsersRequest{UserIds: []string{"member-1"}})
	must(t, err)
	if matches(t, client, "member-1") != -1 {
		t.Error("member-1 is gone and still in the audience")
	}
}

func TestWhoIsNotInTheDirectoryIsAmongEveryoneOnly(t *testing.T) {
	client := newClient(t)
	announce(t, client, superAdmin, 1, role("1"), all())
	if matches(t, client, "nobody") != 1 {
		t.Error("everyone is not everyone")
	}
}

func TestMatchAudienceOfNoAnnouncementIsNotFound(t *testing.T) {
	client := newClient(t)
	_, err := client.MatchAudience(as(t, chat), &audiencev1.MatchAudienceRequest{ConversationId: announcement(1), UserId: "bob"})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = client.MatchAudience(as(t, chat), &audiencev1.MatchAudienceRequest{ConversationId: announcement(1), UserId: "a b"})
	wantViolation(t, err, "userId")
}
