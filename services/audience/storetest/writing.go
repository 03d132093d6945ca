package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

func upsert(t *testing.T, s audience.Store) {
	t.Run("creates users and counts them", func(t *testing.T) {
		wantCount(t, "created", known(t, s, person("bob", "1", "asso-1"), person("alice", "2", "asso-1")), 2)
		wantUser(t, s, person("alice", "2", "asso-1"))
	})
	t.Run("the same again changes nothing", func(t *testing.T) {
		wantCount(t, "changed", known(t, s, person("alice", "2", "asso-1"), person("bob", "1", "asso-1")), 0)
	})
	t.Run("replaces what is known and counts what came out different", func(t *testing.T) {
		renamed := &audiencev1.User{UserId: "alice", Name: "Élodie 😀", Role: "9", EntityId: ""}
		wantCount(t, "changed", known(t, s, renamed, person("bob", "1", "asso-1"), person("carol", "1", "asso-2")), 2)
		wantUser(t, s, renamed)
	})
	t.Run("ids differ by case", func(t *testing.T) {
		wantCount(t, "created", known(t, s, person("ALICE", "1", "asso-1"), person("Alice", "1", "asso-1")), 2)
	})
	t.Run("names differ by case and accents", func(t *testing.T) {
		known(t, s, &audiencev1.User{UserId: "zoe", Name: "Zoe"})
		wantCount(t, "changed", known(t, s, &audiencev1.User{UserId: "zoe", Name: "Zoé"}), 1)
		wantCount(t, "changed", known(t, s, &audiencev1.User{UserId: "zoe", Name: "ZOÉ"}), 1)
	})
	t.Run("takes as many characters as the proto does, whatever they are", func(t *testing.T) {
		long := &audiencev1.User{
			UserId: "long", Name: strings.Repeat("é", 200), EntityName: strings.Repeat("😀", 200),
			Role: strings.Repeat("ê", 64), EntityId: strings.Repeat("€", 64),
		}
		known(t, s, long)
		wantUser(t, s, long)
	})
	t.Run("takes more users than a statement does", func(t *testing.T) {
		wantCount(t, "created", known(t, s, crowd(1201)...), 1201)
		wantCount(t, "changed", known(t, s, crowd(1202)...), 1)
	})
	t.Run("of nobody does nothing", func(t *testing.T) {
		wantCount(t, "changed", known(t, s), 0)
	})
	t.Run("calls for the same users at the same time all succeed", func(t *testing.T) { contend(t, s) })
}

// contend has writers create, change and delete the same users at once, each in an order of its own.
func contend(t *testing.T, s audience.Store) {
	const writers, rounds, users = 6, 5, 60
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for round := range rounds {
				all := make([]*audiencev1.User, users)
				for i := range all {
					all[i] = person(fmt.Sprintf("contended-%d-%d", round, (i*7+w)%users), fmt.Sprint(w), "asso-1")
				}
				if _, err := s.UpsertUsers(t.Context(), app, audience.OriginHost, all); err != nil {
					t.Error(err)
				}
				if _, err := s.DeleteUsers(t.Context(), app, audience.AnyOrigin, []string{all[0].GetUserId(), all[1].GetUserId()}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

func deletion(t *testing.T, s audience.Store) {
	known(t, s, person("alice", "1", ""), person("bob", "1", ""), person("carol", "1", ""))
	forget := func(ids ...string) int {
		deleted, err := s.DeleteUsers(t.Context(), app, audience.AnyOrigin, ids)
		must(t, err)
		return deleted
	}
	t.Run("counts those who were there", func(t *testing.T) {
		wantCount(t, "deleted", forget("carol", "nobody", "alice", "carol"), 2)
		wantIDs(t, s, everyone(), "bob")
	})
	t.Run("the same again deletes nobody", func(t *testing.T) {
		wantCount(t, "deleted", forget("carol", "nobody", "alice"), 0)
	})
	t.Run("who was deleted can be created again", func(t *testing.T) {
		wantCount(t, "created", known(t, s, person("alice", "1", "")), 1)
	})
	t.Run("takes more users than a statement does", func(t *testing.T) {
		all := crowd(1201)
		known(t, s, all...)
		names := make([]string, len(all))
		for i, u := range all {
			names[i] = u.GetUserId()
		}
		wantCount(t, "deleted", forget(names...), 1201)
		wantIDs(t, s, everyone(), "alice", "bob")
	})
}

func wantUser(t *testing.T, s audience.Store, want *audiencev1.User) {
	t.Helper()
	q := everyone()
	q.UserIDs = []string{want.GetUserId()}
	users, err := s.ListUsers(t.Context(), q)
	must(t, err)
	if len(users) != 1 {
		t.Fatalf("the directory has %v, want %v", users, want)
	}
	got := users[0]
	if since := time.Since(got.GetCreatedAt().AsTime()); since < 0 || since > time.Hour {
		t.Errorf("the directory has %s since %v", got.GetUserId(), got.GetCreatedAt().AsTime())
	}
	if got.CreatedAt = nil; !proto.Equal(got, want) {
		t.Errorf("the directory has %v, want %v", got, want)
	}
}
