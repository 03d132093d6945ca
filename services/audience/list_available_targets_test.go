package audience_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/audience"
)

// targetsOf says of each target its type, its name and how many it holds.
func targetsOf(t *testing.T, ctx context.Context, client audiencev1.AudienceServiceClient) []string {
	t.Helper()
	answer, err := client.ListAvailableTargets(ctx, &audiencev1.ListAvailableTargetsRequest{})
	must(t, err)
	var list []string
	for _, a := range answer.GetTargets() {
		list = append(list, fmt.Sprintf("%s %s: %d", a.GetTarget().GetTargetType(), a.GetName(), a.GetUserCount()))
	}
	return list
}

// newTargetsClient answers a client of a service that knows two of its application's roles, with people in the directory.
func newTargetsClient(t *testing.T) audiencev1.AudienceServiceClient {
	t.Helper()
	client := audiencev1.NewAudienceServiceClient(newServer(t, audience.Config{Store: newStore(t), Roles: map[string]audience.Roles{
		app: {Kinds: map[string]auth.RoleKind{"1": auth.RoleMember, "2": auth.RoleAdmin}, Names: map[string]string{"2": "Bureau"}},
	}}).Loopback("test"))
	named := person("member-1", "1", "asso-1")
	named.EntityName = "Amicale de Rennes"
	settle(t, client, backEnd, town()...)
	settle(t, client, backEnd, named, person("other", "7", "asso-2"), person("nowhere", "", ""))
	settle(t, client, stranger, person("elsewhere", "1", "asso-9"))
	return client
}

func TestListAvailableTargetsAnswersEverythingToWhoMayTargetIt(t *testing.T) {
	client := newTargetsClient(t)
	for _, p := range []auth.Principal{superAdmin, backEnd, forAlice} {
		wantIDs(t, targetsOf(t, as(t, p), client),
			"all Everyone: 7",
			"role 7: 1", "role Bureau: 2", "role Members: 3",
			"entity Amicale de Rennes: 2", "entity asso-2: 4",
			"combined Amicale de Rennes – Bureau: 1", "combined Amicale de Rennes – Members: 1",
			"combined asso-2 – 7: 1", "combined asso-2 – Bureau: 1", "combined asso-2 – Members: 2",
		)
	}
}

func TestListAvailableTargetsAnswersAnAdminTheirEntity(t *testing.T) {
	client := newTargetsClient(t)
	wantIDs(t, targetsOf(t, as(t, admin), client),
		"entity Amicale de Rennes: 2",
		"combined Amicale de Rennes – Bureau: 1", "combined Amicale de Rennes – Members: 1",
	)
	newcomer := admin
	newcomer.EntityID = "asso-3"
	wantIDs(t, targetsOf(t, as(t, newcomer), client), "entity asso-3: 0")
}

func TestListAvailableTargetsSpeaksTheCallersLanguage(t *testing.T) {
	client := newTargetsClient(t)
	for wanted, everyone := range map[string]string{
		"fr-FR, en;q=0.5": "all Tout le monde: 7", "en": "all Everyone: 7", "de": "all Everyone: 7", ";;": "all Everyone: 7",
	} {
		list := targetsOf(t, metadata.AppendToOutgoingContext(as(t, superAdmin), "accept-language", wanted), client)
		if list[0] != everyone {
			t.Errorf("in %q everyone is called %q", wanted, list[0])
		}
		if french := everyone == "all Tout le monde: 7"; slices.Contains(list, "role Membres: 3") != french {
			t.Errorf("in %q the targets are %q", wanted, list)
		}
	}
}

func TestWhatIsAvailableCanBeTargeted(t *testing.T) {
	client := newTargetsClient(t)
	for i, p := range []auth.Principal{superAdmin, admin} {
		answer, err := client.ListAvailableTargets(as(t, p), &audiencev1.ListAvailableTargetsRequest{})
		must(t, err)
		for j, available := range answer.GetTargets() {
			announce(t, client, p, 100*i+j, available.GetTarget())
			pages, err := resolve(as(t, p), client, to(available.GetTarget()))
			must(t, err)
			if got := len(slices.Concat(pages...)); int64(got) != available.GetUserCount() {
				t.Errorf("%s holds %d, and is said to hold %d", available.GetName(), got, available.GetUserCount())
			}
		}
	}
}

func TestListAvailableTargetsIsRefusedToWhoMayTargetNobody(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{member, visitor, homeless, chat} {
		_, err := client.ListAvailableTargets(as(t, p), &audiencev1.ListAvailableTargetsRequest{})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}

func TestAnnouncementsSwitchedOffAreRefused(t *testing.T) {
	server := newServer(t, audience.Config{Store: newStore(t), Silent: map[string]bool{app: true}})
	client := audiencev1.NewAudienceServiceClient(server.Loopback("test"))
	_, err := client.ListAvailableTargets(as(t, superAdmin), &audiencev1.ListAvailableTargetsRequest{})
	wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	_, err = client.AnnouncementStats(as(t, superAdmin), &audiencev1.AnnouncementStatsRequest{Id: "0190a3f0-7c5e-7cc3-8a3e-0123456789ab"})
	wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
}
