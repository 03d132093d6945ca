package audience_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/audience"
	"github.com/palabre/palabre/services/audience/entstore"
)

const app = "geosector"

// The callers of the tests.
var (
	backEnd    = auth.Principal{ApplicationID: app, Kind: auth.KindService}
	forAlice   = auth.Principal{ApplicationID: app, Kind: auth.KindService, UserID: "alice"}
	chat       = auth.Principal{ApplicationID: app, Kind: auth.KindPeer}
	superAdmin = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "root", RoleKind: auth.RoleSuperAdmin}
	admin      = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleAdmin, EntityID: "asso-1"}
	homeless   = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "alain", RoleKind: auth.RoleAdmin}
	member     = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "bob", RoleKind: auth.RoleMember, EntityID: "asso-1"}
	visitor    = auth.Principal{ApplicationID: app, Kind: auth.KindVisitor, UserID: "0190"}
	stranger   = auth.Principal{ApplicationID: "resalice", Kind: auth.KindService}
	allPeer    = auth.Principal{Kind: auth.KindPeer}
)

// apiKey is the back end's of the application of the tests.
const apiKey = "key-of-the-tests-0123456789abcdef"

// newClient answers a client of a service of its own, on an empty directory, behind the interceptors of every service.
func newClient(tb testing.TB) audiencev1.AudienceServiceClient { return serve(tb, newStore(tb)) }

func newStore(tb testing.TB) audience.Store {
	tb.Helper()
	return openStore(tb, "sqlite:"+filepath.Join(tb.TempDir(), "palabre.db"))
}

func openStore(tb testing.TB, url string) audience.Store {
	tb.Helper()
	db, err := database.Open(tb.Context(), database.Config{URL: url})
	must(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(tb.Context())
	must(tb, err)
	return entstore.New(entstore.Config{Database: db})
}

func serve(tb testing.TB, store audience.Store) audiencev1.AudienceServiceClient {
	tb.Helper()
	return audiencev1.NewAudienceServiceClient(newServer(tb, audience.Config{Store: store}).Loopback("test"))
}

func newServer(tb testing.TB, c audience.Config) *rpc.Server {
	tb.Helper()
	secret := []byte("secret-of-the-tests-0123456789abcdef")
	verifier, err := auth.NewVerifier(auth.Config{
		PeerSecret:   secret,
		Applications: map[string]auth.ApplicationConfig{app: {APIKeys: []string{apiKey}}},
	})
	must(tb, err)
	c.Logger = slog.New(slog.DiscardHandler)
	server, err := rpc.NewServer(rpc.Config{
		Verifier: verifier, PeerSecret: secret, Policy: audience.Policy(), Errors: audience.Errors(), Logger: c.Logger,
	})
	must(tb, err)
	service, err := audience.New(c)
	must(tb, err)
	service.Register(server)
	return server
}

// as is a call in somebody's name.
func as(tb testing.TB, p auth.Principal) context.Context { return auth.ActAs(tb.Context(), p) }

// person is a user of the tests: the id, the role and the entity.
func person(id, role, entity string) *audiencev1.User {
	return &audiencev1.User{UserId: id, Name: "Name of " + id, Role: role, EntityId: entity}
}

// announcement is the id of the nth announcement: they sort in their order.
func announcement(n int) string { return fmt.Sprintf("0190d5a2-7c5b-7000-8000-%012d", n) }

// announce keeps whom the nth announcement is for, in its author's name.
func announce(tb testing.TB, client audiencev1.AudienceServiceClient, author auth.Principal, n int, to ...*audiencev1.AudienceTarget) *audiencev1.Audience {
	tb.Helper()
	a, err := client.CreateAudience(as(tb, author), &audiencev1.CreateAudienceRequest{ConversationId: announcement(n), Targets: to})
	must(tb, err)
	return a
}

// receive notes that users received, and perhaps read, the nth announcement.
func receive(tb testing.TB, client audiencev1.AudienceServiceClient, n int, read bool, users ...string) {
	tb.Helper()
	for _, id := range users {
		_, err := client.RecordReceipt(as(tb, chat), &audiencev1.RecordReceiptRequest{ConversationId: announcement(n), UserId: id, Read: read})
		must(tb, err)
	}
}

// town is who lives in the application of the tests.
func town() []*audiencev1.User {
	return []*audiencev1.User{
		person("admin-1", "2", "asso-1"), person("admin-2", "2", "asso-2"),
		person("member-1", "1", "asso-1"), person("member-2", "1", "asso-2"), person("member-3", "1", "asso-2"),
	}
}

// settle fills the directory of an application.
func settle(tb testing.TB, client audiencev1.AudienceServiceClient, p auth.Principal, users ...*audiencev1.User) {
	tb.Helper()
	_, err := client.UpsertUsers(as(tb, p), &audiencev1.UpsertUsersRequest{Users: users})
	must(tb, err)
}

func ids(users []*audiencev1.User) []string {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.GetUserId()
	}
	return ids
}

// resolve answers the pages of an audience.
func resolve(ctx context.Context, client audiencev1.AudienceServiceClient, req *audiencev1.ResolveAudienceRequest) (pages [][]string, err error) {
	stream, err := client.ResolveAudience(ctx, req)
	if err != nil {
		return nil, err
	}
	for {
		page, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return pages, nil
		}
		if err != nil {
			return pages, err
		}
		pages = append(pages, ids(page.GetUsers()))
	}
}

func wantIDs(tb testing.TB, got []string, want ...string) {
	tb.Helper()
	if !slices.Equal(got, want) {
		tb.Errorf("got %q, want %q", got, want)
	}
}

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
