package presence_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/presence"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/internal/valkey"
)

// registry is what both have to be.
type registry interface {
	Report(ctx context.Context, reports []presence.Report) error
	Look(ctx context.Context, users []presence.User) ([]presence.State, error)
	Changes(ctx context.Context) ([]presence.State, error)
}

var (
	alice = presence.User{ApplicationID: "geosector", Subject: "alice"}
	bob   = presence.User{ApplicationID: "geosector", Subject: "anon:0197d2a8:b"}
)

// each runs a test with both registries, which have answered no changes yet.
func each(t *testing.T, test func(*testing.T, registry)) {
	t.Run("in memory", func(t *testing.T) { test(t, presence.NewMemory(nil)) })
	t.Run("on Valkey", func(t *testing.T) {
		r := presence.NewValkey(open(t, servers.Valkey(t)))
		if first := changes(t, r); len(first) != 0 {
			t.Fatalf("at first there is %v", first)
		}
		test(t, r)
	})
}

// patient is a time in which a server answers on a machine that is busy with tests.
const patient = 2 * time.Second

func open(t *testing.T, server *servers.ValkeyServer) *valkey.Server {
	t.Helper()
	s, err := valkey.Open(valkey.Config{URL: server.URL, Timeout: patient}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func comes(t *testing.T, r registry, u presence.User, session string) {
	t.Helper()
	report(t, r, presence.Report{User: u, Session: session, Online: true, TTL: time.Hour})
}

func goes(t *testing.T, r registry, u presence.User, session string) {
	t.Helper()
	report(t, r, presence.Report{User: u, Session: session})
}

func report(t *testing.T, r registry, reports ...presence.Report) {
	t.Helper()
	if err := r.Report(t.Context(), reports); err != nil {
		t.Fatal(err)
	}
}

// changes are what Changes answers, as "alice online".
func changes(t *testing.T, r registry) []string {
	t.Helper()
	states, err := r.Changes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, s := range states {
		word := " offline"
		if s.Online {
			word = " online"
		}
		list = append(list, s.User.Subject+word)
	}
	slices.Sort(list)
	return list
}

func look(t *testing.T, r registry, u presence.User) presence.State {
	t.Helper()
	states, err := r.Look(t.Context(), []presence.User{u})
	if err != nil || len(states) != 1 || states[0].User != u {
		t.Fatalf("%v is %v, %v", u, states, err)
	}
	return states[0]
}

func wantChanges(t *testing.T, r registry, want ...string) {
	t.Helper()
	if got := changes(t, r); !slices.Equal(got, want) {
		t.Errorf("the changes are %q, want %q", got, want)
	}
}

func TestAUserIsOnlineWhileTheyHaveASession(t *testing.T) {
	each(t, func(t *testing.T, r registry) {
		if s := look(t, r, alice); s.Online || !s.LastSeen.IsZero() {
			t.Errorf("before anything is known alice is %v", s)
		}
		comes(t, r, alice, "phone")
		wantChanges(t, r, "alice online")
		comes(t, r, alice, "page")
		comes(t, r, alice, "phone")
		goes(t, r, alice, "phone")
		goes(t, r, alice, "a session that was never there")
		wantChanges(t, r)
		if s := look(t, r, alice); !s.Online {
			t.Errorf("with one session of two, alice is %v", s)
		}
		goes(t, r, alice, "page")
		wantChanges(t, r, "alice offline")
		if s := look(t, r, alice); s.Online || time.Since(s.LastSeen).Abs() > time.Minute {
			t.Errorf("after her last session alice is %v", s)
		}
		goes(t, r, alice, "page")
		wantChanges(t, r)
	})
}

func TestChangesAreAnsweredOnceAndAsTheyAreNow(t *testing.T) {
	each(t, func(t *testing.T, r registry) {
		comes(t, r, alice, "1")
		goes(t, r, alice, "1")
		comes(t, r, alice, "2")
		comes(t, r, bob, "1")
		goes(t, r, bob, "1")
		wantChanges(t, r, "alice online", bob.Subject+" offline")
		wantChanges(t, r)
	})
}

func TestASessionThatNobodyHoldsOnEnds(t *testing.T) {
	each(t, func(t *testing.T, r registry) {
		report(t, r,
			presence.Report{User: alice, Session: "of a process that was killed", Online: true, TTL: 20 * time.Millisecond},
			presence.Report{User: bob, Session: "1", Online: true, TTL: 20 * time.Millisecond},
			presence.Report{User: bob, Session: "2", Online: true, TTL: time.Hour})
		wantChanges(t, r, "alice online", bob.Subject+" online")
		for end := time.Now().Add(10 * time.Second); ; {
			if got := changes(t, r); len(got) > 0 {
				if !slices.Equal(got, []string{"alice offline"}) {
					t.Errorf("the changes are %q", got)
				}
				break
			}
			if time.Now().After(end) {
				t.Fatal("alice is still online")
			}
		}
		if s := look(t, r, bob); !s.Online {
			t.Errorf("bob, whose other session goes on, is %v", s)
		}
	})
}

func TestTheSameUserOfTwoApplicationsIsTwo(t *testing.T) {
	elsewhere := presence.User{ApplicationID: "resalice", Subject: "alice"}
	each(t, func(t *testing.T, r registry) {
		comes(t, r, alice, "1")
		if s := look(t, r, elsewhere); s.Online {
			t.Errorf("elsewhere she is %v", s)
		}
	})
}

func TestManyComeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r registry) {
		var reports []presence.Report
		for i := range 1200 {
			u := presence.User{ApplicationID: "geosector", Subject: fmt.Sprint("user-", i)}
			reports = append(reports, presence.Report{User: u, Session: "1", Online: true, TTL: time.Hour})
		}
		report(t, r, reports...)
		if got := changes(t, r); len(got) != 1200 {
			t.Errorf("%d came", len(got))
		}
	})
}

func TestProcessesKnowOfEachOthersSessions(t *testing.T) {
	server := servers.Valkey(t)
	one, other := presence.NewValkey(open(t, server)), presence.NewValkey(open(t, server))
	wantChanges(t, one)
	wantChanges(t, other)
	comes(t, one, alice, "1")
	for _, r := range []registry{one, other} {
		wantChanges(t, r, "alice online")
	}
	comes(t, other, alice, "2")
	goes(t, one, alice, "1")
	if s := look(t, one, alice); !s.Online {
		t.Errorf("alice, who is connected to the other, is %v", s)
	}
}

func TestAServerThatLostEverythingIsToldAgain(t *testing.T) {
	server := servers.Valkey(t)
	r := presence.NewValkey(open(t, server))
	wantChanges(t, r)
	for _, session := range []string{"1", "2"} {
		comes(t, r, alice, session)
		goes(t, r, alice, session)
	}
	wantChanges(t, r, "alice offline")
	server.Kill()
	if _, err := r.Look(t.Context(), []presence.User{alice}); !errors.Is(err, valkey.ErrAway) {
		t.Errorf("without the server the answer is %v", err)
	}
	server.Start()
	for end := time.Now().Add(10 * time.Second); ; {
		err := r.Report(t.Context(), []presence.Report{{User: bob, Session: "1", Online: true, TTL: time.Hour}})
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	wantChanges(t, r, bob.Subject+" online")
}
