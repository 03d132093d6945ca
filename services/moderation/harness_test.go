package moderation_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/moderation"
	"github.com/palabre/palabre/services/moderation/entstore"
)

const app = "geosector"

// The callers of the tests.
var (
	backEnd    = auth.Principal{ApplicationID: app, Kind: auth.KindService}
	chat       = auth.Principal{ApplicationID: app, Kind: auth.KindPeer}
	superAdmin = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "root", RoleKind: auth.RoleSuperAdmin}
	admin      = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleAdmin, EntityID: "asso-1"}
	member     = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "bob", RoleKind: auth.RoleMember}
	visitor    = auth.Principal{ApplicationID: app, Kind: auth.KindVisitor, UserID: "0190"}
	stranger   = auth.Principal{ApplicationID: "resalice", Kind: auth.KindService}
	unruled    = auth.Principal{ApplicationID: "without rules", Kind: auth.KindService}
	allPeer    = auth.Principal{Kind: auth.KindPeer}
)

// rules are those of the applications of the tests: one refuses "zut" and "flûte alors", the other is not moderated.
func rules() map[string]*moderationv1.Rules {
	return map[string]*moderationv1.Rules{
		app:        {ModeratorEnabled: true, BadWords: []string{"zut", "flûte alors"}, AllowList: []string{"zut de blé"}},
		"resalice": {ModeratorEnabled: false, BadWords: []string{"zut"}},
	}
}

// newService answers a service of its own and a client of it, behind the interceptors of every service.
func newService(tb testing.TB) (*moderation.Service, moderationv1.ModerationServiceClient) {
	tb.Helper()
	secret := []byte("secret-of-the-tests-0123456789abcdef")
	verifier, err := auth.NewVerifier(auth.Config{PeerSecret: secret})
	must(tb, err)
	silent := slog.New(slog.DiscardHandler)
	server, err := rpc.NewServer(rpc.Config{
		Verifier: verifier, PeerSecret: secret, Policy: moderation.Policy(), Errors: moderation.Errors(), Logger: silent,
	})
	must(tb, err)
	service, err := moderation.New(moderation.Config{
		Rules: rules(), Store: newStore(tb), Bell: new(outbox.Doorbell), Logger: silent,
	})
	must(tb, err)
	service.Register(server)
	return service, moderationv1.NewModerationServiceClient(server.Loopback("test"))
}

// newStore is an empty store of its own.
func newStore(tb testing.TB) moderation.Store {
	tb.Helper()
	db, err := database.Open(tb.Context(), database.Config{URL: "sqlite:" + filepath.Join(tb.TempDir(), "palabre.db")})
	must(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(tb.Context())
	must(tb, err)
	return entstore.New(entstore.Config{Database: db})
}

func newClient(tb testing.TB) moderationv1.ModerationServiceClient {
	tb.Helper()
	_, client := newService(tb)
	return client
}

// as is a call in somebody's name.
func as(tb testing.TB, p auth.Principal) context.Context { return auth.ActAs(tb.Context(), p) }

func wantError(tb testing.TB, err error, code codes.Code, reason rpcv1.ErrorReason) {
	tb.Helper()
	if rpcerr.Code(err) != code || rpcerr.Reason(err) != reason {
		tb.Errorf("got %v %v (%v), want %v %v", rpcerr.Code(err), rpcerr.Reason(err), err, code, reason)
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
