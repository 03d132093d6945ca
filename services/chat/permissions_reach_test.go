package chat_test

import (
	"context"
	"testing"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
)

// hosts are callers by what the host product's role makes them, all of them of asso-1.
var hosts = map[string]auth.Principal{
	"member":      {ApplicationID: app, Kind: auth.KindUser, UserID: "bob", RoleKind: auth.RoleMember, EntityID: "asso-1"},
	"admin":       {ApplicationID: app, Kind: auth.KindUser, UserID: "anne", RoleKind: auth.RoleAdmin, EntityID: "asso-1"},
	"super_admin": {ApplicationID: app, Kind: auth.KindUser, UserID: "root", RoleKind: auth.RoleSuperAdmin, EntityID: "asso-1"},
	"back end":    {ApplicationID: app, Kind: auth.KindService},
}

// TestRolesInTheHostProductReachAsFarAsTheDocumentSays tries what roles in the host product let one do, and compares it to
// docs/permissions.md. It is decided by the audience and the moderation service.
func TestRolesInTheHostProductReachAsFarAsTheDocumentSays(t *testing.T) {
	w, document := newTown(t), readPermissions(t)
	everyone := w.announce(t, asRoot(t), announcementTo(toEveryone())).GetConversation().GetId()
	tries := w.reaches(everyone)
	for name, row := range document.reaches {
		try := tries[name]
		if try == nil {
			t.Errorf("nobody tries to %s", name)
			continue
		}
		for host, p := range hosts {
			// The one who wrote it is the super admin: to them it is somebody else's when another calls.
			if name == "see the statistics of somebody else's announcement" && host == "super_admin" {
				p.UserID = "another"
			}
			err := try(auth.ActAs(t.Context(), p))
			want := row[host] == "yes"
			if got := outcome(err); (got == allowed) != want || got != allowed && got != denied && got != hidden {
				t.Errorf("%s, by %s: %s (%v), the document says %s", name, host, got, err, row[host])
			}
		}
	}
}

// reaches are how to try what the document speaks of.
func (w *world) reaches(announcement string) map[string]func(context.Context) error {
	announce := func(to *audiencev1.AudienceTarget) func(context.Context) error {
		return func(ctx context.Context) error { return call(ctx, w.chat.CreateAnnouncement, announcementTo(to)) }
	}
	list := func(entity string) func(context.Context) error {
		return func(ctx context.Context) error {
			return call(ctx, w.audience.ListUsers, &audiencev1.ListUsersRequest{EntityId: entity})
		}
	}
	return map[string]func(context.Context) error{
		"announce to everyone":                       announce(toEveryone()),
		"announce to a role, wherever":               announce(toRole("1")),
		"announce to their own entity":               announce(toEntity("asso-1")),
		"announce to a role within their own entity": announce(toRoleOf("1", "asso-1")),
		"announce to another entity":                 announce(toEntity("asso-2")),
		"see whom they may announce to, with head counts": func(ctx context.Context) error {
			return call(ctx, w.audience.ListAvailableTargets, &audiencev1.ListAvailableTargetsRequest{})
		},
		"see the statistics of an announcement of their own": func(ctx context.Context) error {
			a, err := w.chat.CreateAnnouncement(ctx, announcementTo(toEntity("asso-1")))
			if err != nil {
				return err
			}
			return call(ctx, w.audience.AnnouncementStats, &audiencev1.AnnouncementStatsRequest{Id: a.GetConversation().GetId()})
		},
		"see the statistics of somebody else's announcement": func(ctx context.Context) error {
			return call(ctx, w.audience.AnnouncementStats, &audiencev1.AnnouncementStatsRequest{Id: announcement})
		},
		"look through the users of their own entity": list("asso-1"),
		"look through the users of another entity":   list("asso-2"),
		"bring users into the directory, change or delete them": func(ctx context.Context) error {
			users := []*audiencev1.User{{UserId: "newcomer", EntityId: "asso-1"}}
			if err := call(ctx, w.audience.UpsertUsers, &audiencev1.UpsertUsersRequest{Users: users}); err != nil {
				return err
			}
			return call(ctx, w.audience.DeleteUsers, &audiencev1.DeleteUsersRequest{UserIds: []string{"newcomer"}})
		},
		"see and change the moderation rules": func(ctx context.Context) error {
			return call(ctx, w.moderation.GetRules, &moderationv1.GetRulesRequest{})
		},
		"see messages that the rules held or flagged, and decide on those of others": func(ctx context.Context) error {
			if err := call(ctx, w.moderation.ListReviewQueue, &moderationv1.ListReviewQueueRequest{}); err != nil {
				return err
			}
			return call(ctx, w.moderation.ReviewMessages, &moderationv1.ReviewMessagesRequest{
				MessageIds: []string{"0190a3f0-7c5e-7cc3-8a3e-0123456789ab"}, Status: moderationv1.Verdict_approved,
			})
		},
		"see how often the moderation rules hit": func(ctx context.Context) error {
			return call(ctx, w.moderation.GetModerationStats, &moderationv1.GetModerationStatsRequest{})
		},
		"see what moderators did": func(ctx context.Context) error {
			return call(ctx, w.moderation.ListModerationLog, &moderationv1.ListModerationLogRequest{})
		},
	}
}
