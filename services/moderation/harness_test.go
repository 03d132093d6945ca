package moderation_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/database"
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

// newClient answers a client of a service of its own, on an empty database.
func newClient(tb testing.TB) moderationv1.ModerationServiceClient {
	tb.Helper()
	return serve(tb, moderation.Config{Store: newStore(tb)})
}

func newStore(tb testing.TB) moderation.Store {
	tb.Helper()
	db, err := database.Open(tb.Context(), database.Config{URL: "sqlite:" + filepath.Join(tb.TempDir(), "palabre.db")})
	must(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(tb.Context())
	must(tb, err)
	return entstore.New(entstore.Config{Database: db})
}

// serve runs a service, with the rules of the tests where there are no others, and answers a client of it, behind the
// interceptors of every service.
func serve(tb testing.TB, c moderation.Config) moderationv1.ModerationServiceClient {
	tb.Helper()
	secret := []byte("secret-of-the-tests-0123456789abcdef")
	verifier, err := auth.NewVerifier(auth.Config{PeerSecret: secret})
	must(tb, err)
	if c.Rules == nil {
		c.Rules = rules()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	server, err := rpc.NewServer(rpc.Config{
		Verifier: verifier, PeerSecret: secret, Policy: moderation.Policy(), Errors: moderation.Errors(), Logger: c.Logger,
	})
	must(tb, err)
	service, err := moderation.New(c)
	must(tb, err)
	must(tb, service.ReadRules(tb.Context()))
	service.Register(server)
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(tb.Context())
	running.Go(func() { _ = service.Run(ctx) })
	tb.Cleanup(func() { stop(); running.Wait() })
	return moderationv1.NewModerationServiceClient(server.Loopback("test"))
}

// as is a call in somebody's name.
func as(tb testing.TB, p auth.Principal) context.Context { return auth.ActAs(tb.Context(), p) }

func wantError(tb testing.TB, err error, code codes.Code, reason rpcv1.ErrorReason) {
	tb.Helper()
	if rpcerr.Code(err) != code || rpcerr.Reason(err) != reason {
		tb.Errorf("got %v %v (%v), want %v %v", rpcerr.Code(err), rpcerr.Reason(err), err, code, reason)
	}
}

// wantViolation says which field of a request is at fault.
func wantViolation(tb testing.TB, err error, field string) {
	tb.Helper()
	wantError(tb, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != field {
		tb.Errorf("violations are %v, want one of %s", v, field)
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
