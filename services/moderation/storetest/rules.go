package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// refusing is rules that refuse a word.
func refusing(word string) *moderationv1.Rules {
	return &moderationv1.Rules{ModeratorEnabled: true, BadWords: []string{word}}
}

// set sets rules in alice's name.
func set(t *testing.T, s moderation.Store, application string, r *moderationv1.Rules) *moderationv1.Rules {
	t.Helper()
	kept, err := s.AddRules(t.Context(), moderation.RulesChange{ApplicationID: application, Rules: r, By: "alice"})
	must(t, err)
	return kept
}

func rules(t *testing.T, s moderation.Store) {
	t.Run("there are none at first", func(t *testing.T) {
		_, err := s.GetRules(t.Context(), app, 0)
		wantError(t, err, moderation.ErrNotFound)
		wantLatest(t, s, map[string]int64{})
	})
	first := set(t, s, app, refusing("zut"))
	t.Run("the first are version 1, with who set them and when", func(t *testing.T) {
		age := time.Since(first.GetUpdatedAt().AsTime())
		if first.GetVersion() != 1 || first.GetUpdatedBy() != "alice" || age < -time.Second || age > time.Minute {
			t.Errorf("got %v", first)
		}
		wantRules(t, s, 0, first)
	})
	second := set(t, s, app, &moderationv1.Rules{
		BadWords: []string{"mince"}, Version: 71, UpdatedBy: "mallory",
		Rules: []*moderationv1.Rule{{Id: "été_😀", Messages: map[string]string{"fr": "Évitez."}}},
	})
	t.Run("further ones are the next, whatever version they say they are", func(t *testing.T) {
		if second.GetVersion() != 2 || second.GetUpdatedBy() != "alice" {
			t.Errorf("got %v", second)
		}
		wantRules(t, s, 0, second)
		wantRules(t, s, 1, first)
		wantRules(t, s, 2, second)
	})
	t.Run("a version that is not there is not found", func(t *testing.T) {
		_, err := s.GetRules(t.Context(), app, 3)
		wantError(t, err, moderation.ErrNotFound)
	})
	t.Run("another application has its own", func(t *testing.T) {
		_, err := s.GetRules(t.Context(), other, 1)
		wantError(t, err, moderation.ErrNotFound)
		if theirs := set(t, s, other, &moderationv1.Rules{}); theirs.GetVersion() != 1 {
			t.Errorf("their first version is %d", theirs.GetVersion())
		}
		wantLatest(t, s, map[string]int64{app: 2, other: 1})
		wantRules(t, s, 0, second)
	})
	t.Run("a change for other rules than those in force changes nothing", func(t *testing.T) {
		for _, version := range []int64{0, 1, 3} {
			_, err := s.AddRules(t.Context(), moderation.RulesChange{ApplicationID: app, Rules: refusing("x"), If: proto.Int64(version)})
			wantError(t, err, moderation.ErrRulesChanged)
		}
		wantLatest(t, s, map[string]int64{app: 2, other: 1})
	})
	t.Run("a change for those in force is made", func(t *testing.T) {
		kept, err := s.AddRules(t.Context(), moderation.RulesChange{ApplicationID: app, Rules: refusing("x"), If: proto.Int64(2)})
		must(t, err)
		if kept.GetVersion() != 3 || kept.GetUpdatedBy() != "" {
			t.Errorf("got %v", kept)
		}
	})
}

// rulesContended has several set rules at once: each gets a version of its own, and of those who made their change for the
// same version, one.
func rulesContended(t *testing.T, s moderation.Store) {
	const writers = 6
	var mu sync.Mutex
	versions, won, refused := map[int64]bool{}, 0, 0
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			kept, err := s.AddRules(t.Context(), moderation.RulesChange{ApplicationID: app, Rules: refusing(fmt.Sprint(w))})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			versions[kept.GetVersion()] = true
		})
	}
	wait.Wait()
	for range writers {
		wait.Go(func() {
			_, err := s.AddRules(t.Context(), moderation.RulesChange{ApplicationID: app, Rules: refusing("x"), If: proto.Int64(writers)})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, moderation.ErrRulesChanged):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(versions) != writers || won != 1 || refused != writers-1 {
		t.Errorf("versions %v; %d changes for the same version were made, %d refused", versions, won, refused)
	}
	wantLatest(t, s, map[string]int64{app: writers + 1})
}

// rulesLarge keeps as much as a call may bring.
func rulesLarge(t *testing.T, s moderation.Store) {
	large := &moderationv1.Rules{ModeratorEnabled: true, BadWords: make([]string, 100_000)}
	for i := range large.BadWords {
		large.BadWords[i] = fmt.Sprintf("%d%s", i, strings.Repeat("é", 17))
	}
	wantRules(t, s, 0, set(t, s, app, large))
	kept, err := s.GetRules(t.Context(), app, 1)
	must(t, err)
	if !slices.Equal(kept.GetBadWords(), large.GetBadWords()) {
		t.Error("words got lost")
	}
}

func wantRules(t *testing.T, s moderation.Store, version int64, want *moderationv1.Rules) {
	t.Helper()
	got, err := s.GetRules(t.Context(), app, version)
	must(t, err)
	if !proto.Equal(got, want) {
		t.Errorf("version %d is %.500s, want %.500s", version, got.String(), want.String())
	}
}

func wantLatest(t *testing.T, s moderation.Store, want map[string]int64) {
	t.Helper()
	got, err := s.LatestRules(t.Context())
	must(t, err)
	if !maps.Equal(got, want) {
		t.Errorf("the latest are %v, want %v", got, want)
	}
}
