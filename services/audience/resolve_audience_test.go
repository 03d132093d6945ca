package audience_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

func to(targets ...*audiencev1.AudienceTarget) *audiencev1.ResolveAudienceRequest {
	return &audiencev1.ResolveAudienceRequest{Targets: targets}
}

func all() *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_all}
}

func role(id string) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_role, TargetId: id}
}

func entity(id string) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_entity, TargetId: id}
}

func combined(role, entity string) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_combined, RoleFilter: role, EntityFilter: entity}
}

// filtered adds filters to a target of any type.
func filtered(t *audiencev1.AudienceTarget, role, entity string) *audiencev1.AudienceTarget {
	t.RoleFilter, t.EntityFilter = role, entity
	return t
}

func TestResolveAudienceAnswersWhomTheTargetsChoose(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	settle(t, client, stranger, person("elsewhere", "1", "asso-1"))
	everyone := ids(town())
	tests := map[string]struct {
		targets []*audiencev1.AudienceTarget
		want    []string
	}{
		"everyone":                              {targets(all()), everyone},
		"a role":                                {targets(role("2")), []string{"admin-1", "admin-2"}},
		"a role by its filter":                  {targets(filtered(role(""), "2", "")), []string{"admin-1", "admin-2"}},
		"a role as it is stored":                {targets(filtered(role("2"), "all", "all")), []string{"admin-1", "admin-2"}},
		"a role within an entity":               {targets(filtered(role("2"), "", "asso-1")), []string{"admin-1"}},
		"every role":                            {targets(role("all")), everyone},
		"an entity":                             {targets(entity("asso-1")), []string{"admin-1", "member-1"}},
		"an entity by its filter":               {targets(filtered(entity(""), "", "asso-1")), []string{"admin-1", "member-1"}},
		"a role and an entity":                  {targets(combined("1", "asso-2")), []string{"member-2", "member-3"}},
		"any role of an entity":                 {targets(combined("all", "asso-1")), []string{"admin-1", "member-1"}},
		"a role of any entity":                  {targets(combined("2", "")), []string{"admin-1", "admin-2"}},
		"any role of any entity":                {targets(combined("all", "all")), everyone},
		"several, each user once":               {targets(role("2"), entity("asso-1"), combined("2", "asso-1")), []string{"admin-1", "admin-2", "member-1"}},
		"several of which one is everyone":      {targets(role("2"), all()), everyone},
		"nobody":                                {targets(role("none")), nil},
		"nobody of a role that differs in case": {targets(entity("ASSO-1")), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pages, err := resolve(as(t, superAdmin), client, to(test.targets...))
			must(t, err)
			wantIDs(t, slices.Concat(pages...), test.want...)
		})
	}
}

func targets(t ...*audiencev1.AudienceTarget) []*audiencev1.AudienceTarget { return t }

func TestResolveAudienceComesInPagesAndGoesOnAfterAUser(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	paged := func(size int32, after string) [][]string {
		req := to(all())
		req.PageSize, req.AfterUserId = size, after
		pages, err := resolve(as(t, chat), client, req)
		must(t, err)
		return pages
	}
	for size, want := range map[int32]string{
		1: "[[admin-1] [admin-2] [member-1] [member-2] [member-3]]",
		2: "[[admin-1 admin-2] [member-1 member-2] [member-3]]",
		5: "[[admin-1 admin-2 member-1 member-2 member-3]]",
		0: "[[admin-1 admin-2 member-1 member-2 member-3]]",
	} {
		if got := fmt.Sprint(paged(size, "")); got != want {
			t.Errorf("pages of %d are %s, want %s", size, got, want)
		}
	}
	if got, want := fmt.Sprint(paged(2, "admin-2")), "[[member-1 member-2] [member-3]]"; got != want {
		t.Errorf("after admin-2 come %s, want %s", got, want)
	}
	if got := paged(2, "member-3"); got != nil {
		t.Errorf("after the last come %q", got)
	}
}

func TestAnAdminResolvesWithinTheirEntityOnly(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	for name, inside := range map[string]*audiencev1.AudienceTarget{
		"their entity":            entity("asso-1"),
		"a role of it":            combined("1", "asso-1"),
		"everyone, filtered":      filtered(all(), "", "asso-1"),
		"a role, filtered":        filtered(role("1"), "", "asso-1"),
		"their entity by filters": combined("all", "asso-1"),
	} {
		t.Run("may address "+name, func(t *testing.T) {
			pages, err := resolve(as(t, admin), client, to(inside))
			must(t, err)
			if !slices.Contains(slices.Concat(pages...), "member-1") || slices.Contains(slices.Concat(pages...), "member-2") {
				t.Errorf("got %q", pages)
			}
		})
	}
	for name, outside := range map[string]*audiencev1.AudienceTarget{
		"everyone":          all(),
		"a role everywhere": role("1"),
		"another entity":    entity("asso-2"),
		"every entity":      combined("1", "all"),
	} {
		t.Run("may not address "+name, func(t *testing.T) {
			pages, err := resolve(as(t, admin), client, to(entity("asso-1"), outside))
			wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
			if pages != nil {
				t.Errorf("got %q before the refusal", pages)
			}
		})
	}
}

func TestResolveAudienceIsForThoseWhoAnnounce(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{member, visitor, homeless} {
		_, err := resolve(as(t, p), client, to(entity("asso-1")))
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
	for _, p := range []auth.Principal{backEnd, forAlice, chat, superAdmin} {
		_, err := resolve(as(t, p), client, to(all()))
		must(t, err)
	}
}

func TestResolveAudienceRefusesATargetThatDoesNotSayWhom(t *testing.T) {
	client := newClient(t)
	tests := map[string]struct {
		target *audiencev1.AudienceTarget
		field  string
	}{
		"no type":                     {&audiencev1.AudienceTarget{}, "targets[0].targetType"},
		"a role that is missing":      {role(""), "targets[0].targetId"},
		"an entity that is missing":   {entity(""), "targets[0].targetId"},
		"filters that are missing":    {combined("", ""), "targets[0].roleFilter"},
		"two roles":                   {filtered(role("1"), "2", ""), "targets[0].roleFilter"},
		"two entities":                {filtered(entity("asso-1"), "", "asso-2"), "targets[0].entityFilter"},
		"an id that says neither":     {&audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_all, TargetId: "1"}, "targets[0].targetId"},
		"an id that no user can have": {entity("asso-1 "), "targets[0].targetId"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := resolve(as(t, backEnd), client, to(test.target))
			wantViolation(t, err, test.field)
		})
	}
	t.Run("none", func(t *testing.T) {
		_, err := resolve(as(t, backEnd), client, to())
		wantViolation(t, err, "targets")
	})
	t.Run("a place to go on that is none", func(t *testing.T) {
		req := to(all())
		req.AfterUserId = "no user's id"
		_, err := resolve(as(t, backEnd), client, req)
		wantViolation(t, err, "afterUserId")
	})
}

func TestResolveAudienceAnswersALargeAudienceWholeAndOnce(t *testing.T) {
	client := newClient(t)
	for round := range 4 {
		users := make([]*audiencev1.User, 1000)
		for i := range users {
			users[i] = person(fmt.Sprintf("user-%d-%03d", round, i), "1", "asso-1")
		}
		settle(t, client, backEnd, users...)
	}
	req := to(role("1"), entity("asso-1"))
	req.PageSize = 10
	pages, err := resolve(as(t, chat), client, req)
	must(t, err)
	all := slices.Concat(pages...)
	if len(pages) != 400 || len(all) != 4000 || !slices.IsSorted(all) || len(slices.Compact(all)) != 4000 {
		t.Errorf("got %d users on %d pages", len(all), len(pages))
	}
}

func TestComponentsResolveAnAnnouncementsAudience(t *testing.T) {
	client := newClient(t)
	settle(t, client, backEnd, town()...)
	announce(t, client, admin, 1, entity("asso-1"))
	of := &audiencev1.ResolveAudienceRequest{ConversationId: announcement(1)}
	pages, err := resolve(as(t, chat), client, of)
	must(t, err)
	wantIDs(t, slices.Concat(pages...), "admin-1", "member-1")
	t.Run("others do not", func(t *testing.T) {
		for _, p := range []auth.Principal{backEnd, superAdmin, admin} {
			_, err := resolve(as(t, p), client, of)
			wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		}
	})
	t.Run("nor with targets besides", func(t *testing.T) {
		both := to(all())
		both.ConversationId = announcement(1)
		_, err := resolve(as(t, chat), client, both)
		wantViolation(t, err, "targets")
	})
	t.Run("nor one that is not there", func(t *testing.T) {
		_, err := resolve(as(t, chat), client, &audiencev1.ResolveAudienceRequest{ConversationId: announcement(2)})
		wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	})
}
