package chat_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/services/audience"
	"github.com/palabre/palabre/services/chat"
)

// directory is an audience service that keeps what it is told of users, or fails as it is told to.
type directory struct {
	audiencev1.UnimplementedAudienceServiceServer
	mu     sync.Mutex
	told   []string
	answer func(context.Context) error
}

func (d *directory) EnsureUsers(ctx context.Context, req *audiencev1.EnsureUsersRequest) (*audiencev1.EnsureUsersResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	caller, _ := auth.FromContext(ctx)
	for _, u := range req.GetUsers() {
		d.told = append(d.told, fmt.Sprint(caller.ApplicationID, "/", u.GetUserId(), " ", u.GetName(), ",", u.GetRole(), ",", u.GetEntityId()))
	}
	if d.answer != nil {
		return nil, d.answer(ctx)
	}
	return &audiencev1.EnsureUsersResponse{ChangedCount: int32(len(req.GetUsers()))}, nil
}

// take answers what the directory was told since the last time.
func (d *directory) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	told := d.told
	d.told = nil
	return told
}

// newFirstSight is a world whose directory is d, and whose clock is the test's.
func newFirstSight(t testing.TB, d *directory) *world {
	t.Helper()
	verifier, err := auth.NewVerifier(auth.Config{PeerSecret: []byte(peerSecret)})
	must(t, err)
	t.Cleanup(verifier.Close)
	server, err := rpc.NewServer(rpc.Config{
		Verifier: verifier, PeerSecret: []byte(peerSecret), Policy: audience.Policy(), Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
	audiencev1.RegisterAudienceServiceServer(server, d)
	return newWorld(t, func(c *chat.Config) {
		c.Audience = audiencev1.NewAudienceServiceClient(server.Loopback("chat"))
		c.Logger = slog.New(slog.DiscardHandler)
	})
}

// bearer is alice as her token says.
func bearer() auth.Principal {
	return auth.Principal{
		ApplicationID: app, Kind: auth.KindUser, UserID: "alice", Name: "Alice", Role: "2", EntityID: "asso-1",
		ExpiresAt: time.Now().Add(time.Hour),
	}
}

func TestTheDirectoryIsToldOfUsersAtFirstSight(t *testing.T) {
	d := &directory{}
	w := newFirstSight(t, d)
	for _, step := range []struct {
		name   string
		change func(*auth.Principal)
		want   []string
	}{
		{"a user", func(*auth.Principal) {}, []string{"geosector/alice Alice,2,asso-1"}},
		{"the same again", func(*auth.Principal) {}, nil},
		{"another role", func(p *auth.Principal) { p.Role = "1" }, []string{"geosector/alice Alice,1,asso-1"}},
		{"that role again", func(p *auth.Principal) { p.Role = "1" }, nil},
		{"without role or entity", func(p *auth.Principal) { p.UserID, p.Role, p.EntityID = "bob", "", "" }, []string{"geosector/bob Alice,,"}},
		{"of another application", func(p *auth.Principal) { p.ApplicationID = plain }, []string{"resalice/alice Alice,2,asso-1"}},
		{"by a gateway's word", func(p *auth.Principal) { p.UserID, p.Peer = "carol", "mqtt" }, []string{"geosector/carol Alice,2,asso-1"}},
		{"by a topic alone", func(p *auth.Principal) { p.UserID, p.ExpiresAt = "dan", time.Time{} }, nil},
		{"a visitor", func(p *auth.Principal) { p.Kind, p.UserID = auth.KindVisitor, "0190" }, nil},
		{"a service acting for a user", func(p *auth.Principal) { p.Kind, p.UserID = auth.KindService, "erin" }, nil},
	} {
		p := bearer()
		step.change(&p)
		w.service.Observe(t.Context(), p)
		if got := d.take(); !slices.Equal(got, step.want) {
			t.Errorf("%s: the directory was told %q, want %q", step.name, got, step.want)
		}
	}
}

func TestADirectoryThatFailsCostsNothingAndIsToldLater(t *testing.T) {
	for name, answer := range map[string]func(context.Context) error{
		"is away":      func(context.Context) error { return status.Error(codes.Unavailable, "") },
		"is older":     func(context.Context) error { return status.Error(codes.Unimplemented, "") },
		"hangs":        func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"has no room":  func(context.Context) error { return status.Error(codes.ResourceExhausted, "") },
		"is confused":  func(context.Context) error { return status.Error(codes.Internal, "") },
		"has no token": func(context.Context) error { return status.Error(codes.Unauthenticated, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &directory{answer: answer}
			w := newFirstSight(t, d)
			began := time.Now()
			w.service.Observe(t.Context(), bearer())
			w.service.Observe(t.Context(), bearer())
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("the calls waited %v", took)
			}
			if got := d.take(); len(got) != 1 {
				t.Errorf("the directory was told %q: it needs a rest", got)
			}
			d.answer = nil
			w.clock.advance(2 * time.Minute)
			w.service.Observe(t.Context(), bearer())
			w.service.Observe(t.Context(), bearer())
			if got := d.take(); len(got) != 1 {
				t.Errorf("later the directory was told %q", got)
			}
		})
	}
}

func TestClaimsThatTheDirectoryDoesNotTakeAreNotRepeated(t *testing.T) {
	d := &directory{answer: func(context.Context) error { return status.Error(codes.InvalidArgument, "") }}
	w := newFirstSight(t, d)
	w.service.Observe(t.Context(), bearer())
	w.service.Observe(t.Context(), bearer())
	if got := d.take(); len(got) != 1 {
		t.Errorf("the directory was told %q", got)
	}
}

// What every call of a user costs once their token was seen.
func BenchmarkObserve(b *testing.B) {
	w, p := newFirstSight(b, &directory{}), bearer()
	w.service.Observe(b.Context(), p)
	b.ReportAllocs()
	for b.Loop() {
		w.service.Observe(b.Context(), p)
	}
}
