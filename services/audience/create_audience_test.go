package audience_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/audience"
)

func TestCreateAudienceKeepsWhomAnAnnouncementIsFor(t *testing.T) {
	client := newClient(t)
	created := announce(t, client, admin, 1, entity("asso-1"), combined("1", "asso-1"), combined("all", "asso-1"))
	if created.GetAuthorId() != "alice" || created.GetEveryone() || len(created.GetTargets()) != 2 {
		t.Errorf("got %v", created)
	}
	first := created.GetTargets()[0]
	if first.GetTargetType() != audiencev1.AudienceTarget_entity || first.GetTargetId() != "asso-1" ||
		first.GetRoleFilter() != "all" || first.GetEntityFilter() != "asso-1" || first.GetConversationId() != announcement(1) {
		t.Errorf("the first target is %v", first)
	}
	found, err := client.GetAudience(as(t, chat), &audiencev1.GetAudienceRequest{ConversationId: announcement(1)})
	must(t, err)
	if found.String() != created.String() {
		t.Errorf("kept is %v, want %v", found, created)
	}
}

func TestCreateAudienceAgainAnswersTheSame(t *testing.T) {
	client := newClient(t)
	created := announce(t, client, superAdmin, 1, all())
	if again := announce(t, client, superAdmin, 1, role("2")); again.String() != created.String() || !again.GetEveryone() {
		t.Errorf("got %v, want %v", again, created)
	}
}

func TestAnAuthorTargetsWhomTheyMay(t *testing.T) {
	client := newClient(t)
	tests := map[string]struct {
		author auth.Principal
		to     []*audiencev1.AudienceTarget
		may    bool
	}{
		"a super admin everyone":                {superAdmin, targets(all()), true},
		"a super admin any entity":              {superAdmin, targets(role("1"), entity("asso-2")), true},
		"a service anything":                    {backEnd, targets(all(), combined("2", "asso-1")), true},
		"a service for a user anything":         {forAlice, targets(all()), true},
		"an admin their entity":                 {admin, targets(entity("asso-1")), true},
		"an admin a role of it":                 {admin, targets(combined("2", "asso-1")), true},
		"an admin not everyone":                 {admin, targets(all()), false},
		"an admin not a role everywhere":        {admin, targets(role("1")), false},
		"an admin not another entity":           {admin, targets(entity("asso-2")), false},
		"an admin not another entity beside it": {admin, targets(entity("asso-1"), entity("asso-2")), false},
		"an admin not a role of every entity":   {admin, targets(combined("1", "all")), false},
		"an admin of no entity nothing":         {homeless, targets(entity("asso-1")), false},
		"a member nothing":                      {member, targets(entity("asso-1")), false},
		"a visitor nothing":                     {visitor, targets(all()), false},
		"a component in nobody's name nothing":  {chat, targets(all()), false},
		"a component of no application nothing": {allPeer, targets(all()), false},
	}
	n := 100
	for name, test := range tests {
		n++
		t.Run(name, func(t *testing.T) {
			_, err := client.CreateAudience(as(t, test.author), &audiencev1.CreateAudienceRequest{ConversationId: announcement(n), Targets: test.to})
			if test.may {
				must(t, err)
				return
			}
			wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
			_, err = client.GetAudience(as(t, chat), &audiencev1.GetAudienceRequest{ConversationId: announcement(n)})
			wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		})
	}
}

func TestNobodyFromOutsideCreatesAnAudience(t *testing.T) {
	server := newServer(t, audience.Config{Store: newStore(t)})
	client := audiencev1.NewAudienceServiceClient(server.Loopback("test"))
	ctx := metadata.AppendToOutgoingContext(t.Context(), auth.MetadataAPIKey, apiKey)
	_, err := client.ListUsers(ctx, &audiencev1.ListUsersRequest{})
	must(t, err) // The key is good.
	_, err = client.CreateAudience(ctx, &audiencev1.CreateAudienceRequest{ConversationId: announcement(1), Targets: targets(all())})
	wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
}

func TestCreateAudienceRefusesWhatSaysNothing(t *testing.T) {
	client := newClient(t)
	create := func(id string, to ...*audiencev1.AudienceTarget) error {
		_, err := client.CreateAudience(as(t, superAdmin), &audiencev1.CreateAudienceRequest{ConversationId: id, Targets: to})
		return err
	}
	wantViolation(t, create("1", all()), "conversationId")
	wantViolation(t, create(announcement(1)), "targets")
	wantViolation(t, create(announcement(1), all(), role("")), "targets[1].targetId")
}

func TestAudiencesOfAnotherApplicationAreNotFound(t *testing.T) {
	client := newClient(t)
	announce(t, client, superAdmin, 1, all())
	elsewhere := as(t, auth.Principal{ApplicationID: "resalice", Kind: auth.KindPeer})
	_, err := client.GetAudience(elsewhere, &audiencev1.GetAudienceRequest{ConversationId: announcement(1)})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = client.MatchAudience(elsewhere, &audiencev1.MatchAudienceRequest{ConversationId: announcement(1), UserId: "bob"})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = client.CreateAudience(as(t, stranger), &audiencev1.CreateAudienceRequest{ConversationId: announcement(1), Targets: targets(all())})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = client.AnnouncementStats(as(t, stranger), &audiencev1.AnnouncementStatsRequest{Id: announcement(1)})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = client.DeleteAudience(elsewhere, &audiencev1.DeleteAudienceRequest{ConversationId: announcement(1)})
	must(t, err)
	_, err = client.GetAudience(as(t, chat), &audiencev1.GetAudienceRequest{ConversationId: announcement(1)})
	must(t, err)
}

func TestADeletedAudienceIsForgotten(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, superAdmin, 1, all())
	receive(t, client, 1, true, "member-1")
	for range 2 {
		_, err := client.DeleteAudience(as(t, chat), &audiencev1.DeleteAudienceRequest{ConversationId: announcement(1)})
		must(t, err)
	}
	_, err := client.GetAudience(as(t, chat), &audiencev1.GetAudienceRequest{ConversationId: announcement(1)})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = resolve(as(t, chat), client, &audiencev1.ResolveAudienceRequest{ConversationId: announcement(1)})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = client.AnnouncementStats(as(t, superAdmin), &audiencev1.AnnouncementStatsRequest{Id: announcement(1)})
	wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
}
