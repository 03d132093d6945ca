package moderation_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/moderation"
)

// refusing is rules that refuse words.
func refusing(words ...string) *moderationv1.Rules {
	return &moderationv1.Rules{ModeratorEnabled: true, BadWords: words}
}

// set sets rules in the name of someone.
func set(t *testing.T, client moderationv1.ModerationServiceClient, p auth.Principal, rules *moderationv1.Rules) *moderationv1.Rules {
	t.Helper()
	answer, err := client.UpdateRules(as(t, p), &moderationv1.UpdateRulesRequest{Rules: rules})
	must(t, err)
	return answer
}

func TestUpdateRulesPutsThemIntoForceAtOnce(t *testing.T) {
	client := newClient(t)
	answer := set(t, client, admin, refusing("mince"))
	if answer.GetVersion() != 1 || answer.GetUpdatedBy() != "alice" || answer.GetUpdatedAt() == nil || answer.GetBadWords()[0] != "mince" {
		t.Errorf("got %v", answer)
	}
	verdict, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: "zut, mince"})
	must(t, err)
	if verdict.GetMaskedContent() != "zut, *****" || verdict.GetRulesVersion() != 1 {
		t.Errorf("got %v", verdict)
	}
	t.Run("and GetRules answers them, and the ones before by version", func(t *testing.T) {
		got, err := client.GetRules(as(t, admin), &moderationv1.GetRulesRequest{})
		must(t, err)
		if !proto.Equal(got, answer) {
			t.Errorf("got %v, want %v", got, answer)
		}
		configured, err := client.GetRules(as(t, admin), &moderationv1.GetRulesRequest{Version: proto.Int64(0)})
		must(t, err)
		if !proto.Equal(configured, rules()[app]) {
			t.Errorf("version 0 is %v", configured)
		}
		_, err = client.GetRules(as(t, admin), &moderationv1.GetRulesRequest{Version: proto.Int64(2)})
		wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	})
	t.Run("in its application alone", func(t *testing.T) {
		got, err := client.GetRules(as(t, stranger), &moderationv1.GetRulesRequest{})
		must(t, err)
		if !proto.Equal(got, rules()["resalice"]) {
			t.Errorf("got %v", got)
		}
		_, err = client.GetRules(as(t, stranger), &moderationv1.GetRulesRequest{Version: proto.Int64(1)})
		wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	})
}

func TestRulesAreAnsweredWithTheirActions(t *testing.T) {
	answer := set(t, newClient(t), admin, of(words("w", moderationv1.Rule_action_unspecified, "zut")))
	if got := answer.GetRules()[0].GetAction(); got != moderationv1.Rule_reject {
		t.Errorf("got %v", got)
	}
}

func TestUpdateRulesOfABackEndHasNobodysName(t *testing.T) {
	client := newClient(t)
	if by := set(t, client, backEnd, refusing("a")).GetUpdatedBy(); by != "" {
		t.Errorf("they were set by %q", by)
	}
	forAlice := backEnd
	forAlice.UserID = "alice"
	if by := set(t, client, forAlice, refusing("a")).GetUpdatedBy(); by != "alice" {
		t.Errorf("they were set by %q", by)
	}
}

func TestNobodysChangesAreUndoneUnseen(t *testing.T) {
	client := newClient(t)
	change := func(version int64, word string) error {
		_, err := client.UpdateRules(as(t, admin), &moderationv1.UpdateRulesRequest{Rules: refusing(word), IfVersion: proto.Int64(version)})
		return err
	}
	must(t, change(0, "un"))
	wantError(t, change(0, "deux"), codes.Aborted, rpcv1.ErrorReason_RULES_CHANGED)
	wantError(t, change(2, "deux"), codes.Aborted, rpcv1.ErrorReason_RULES_CHANGED)
	must(t, change(1, "trois"))
	got, err := client.GetRules(as(t, admin), &moderationv1.GetRulesRequest{})
	must(t, err)
	if got.GetVersion() != 2 || got.GetBadWords()[0] != "trois" {
		t.Errorf("got %v", got)
	}
}

func TestUpdateRulesIsForAdminsAndServices(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{member, visitor, chat} {
		_, err := client.UpdateRules(as(t, p), &moderationv1.UpdateRulesRequest{Rules: refusing("zut")})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}

// flawed are rules with something wrong in them, by the field at fault.
var flawed = map[string]*moderationv1.Rules{
	"badWords[1]":               refusing("zut", "***"),
	"badWords[0]":               refusing("a*b"),
	"rules[0].words.entries[1]": of(words("w", 0, "zut", "http://zut.fr")),
	"rules[1].id":               of(words("w", 0, "zut"), words("w", 0, "mince")),
	"rules[0].id":               of(words("bad_words", 0, "zut")),
	"rules[0]":                  of(&moderationv1.Rule{Id: "nothing"}),
	"rules[0].action":           of(&moderationv1.Rule{Id: "flood_limit", Action: moderationv1.Rule_hold}),
	"rules[0].dryRun":           of(&moderationv1.Rule{Id: "repeat_limit", DryRun: true}),
	"rules[0].exemptRoles":      of(&moderationv1.Rule{Id: "flood_limit", ExemptRoles: []string{"admin"}}),
	"rules[0].domains":          of(&moderationv1.Rule{Id: "d", Match: &moderationv1.Rule_Domains{Domains: &moderationv1.DomainList{}}}),
	"rules[0].domains.denied[1]": of(&moderationv1.Rule{Id: "d", Match: &moderationv1.Rule_Domains{
		Domains: &moderationv1.DomainList{Denied: []string{"exemple.org", "no domain"}},
	}}),
	"rules[0].contacts":                  of(&moderationv1.Rule{Id: "c", Match: &moderationv1.Rule_Contacts{Contacts: &moderationv1.Contacts{}}}),
	"rules[0].regularExpression.pattern": of(expression("e", "colour(")),
	"rules[1].regularExpression.pattern": of(words("w", 0, "zut"), expression("e", "x*")),
	"rules[2].regularExpression.pattern": of(words("w", 0, "zut"), expression("e", "x"), expression("big", "((a{10}){10}){10}")),
	"rules[1].action": of(words("w", 0, "zut"), &moderationv1.Rule{Id: "c", Action: moderationv1.Rule_mask, Match: &moderationv1.Rule_Capitals{
		Capitals: &moderationv1.Capitals{Share: 0.5},
	}}),
	// Of rules that are off, and of a moderator who is, too.
	"rules[0].domains.allowed[0]": {Rules: []*moderationv1.Rule{{Id: "d", IsDisabled: true, Match: &moderationv1.Rule_Domains{
		Domains: &moderationv1.DomainList{Allowed: []string{"-"}},
	}}}},
}

func expression(id, pattern string) *moderationv1.Rule {
	return &moderationv1.Rule{Id: id, Match: &moderationv1.Rule_RegularExpression{
		RegularExpression: &moderationv1.RegularExpression{Pattern: pattern},
	}}
}

func TestABadRuleIsRefusedByNameAndChangesNothing(t *testing.T) {
	client := newClient(t)
	for field, rules := range flawed {
		t.Run(field, func(t *testing.T) {
			_, err := client.UpdateRules(as(t, admin), &moderationv1.UpdateRulesRequest{Rules: rules})
			wantViolation(t, err, "rules."+field)
			_, err = client.ModerateContent(as(t, admin), &moderationv1.ModerateContentRequest{Content: "x", Rules: rules})
			wantViolation(t, err, "rules."+field)
		})
	}
	got, err := client.GetRules(as(t, admin), &moderationv1.GetRulesRequest{})
	must(t, err)
	if !proto.Equal(got, rules()[app]) {
		t.Errorf("they changed to %v", got)
	}
	t.Run("with few of many words", func(t *testing.T) {
		_, err := client.UpdateRules(as(t, admin), &moderationv1.UpdateRulesRequest{Rules: refusing(strings.Split(strings.Repeat("*,", 5000), ",")[:5000]...)})
		if n := len(rpcerr.FieldViolations(err)); n != 20 {
			t.Errorf("%d violations", n)
		}
	})
}

// replicas are two processes on one database.
func replicas(t *testing.T) (one, other moderationv1.ModerationServiceClient) {
	t.Helper()
	store := newStore(t)
	return serve(t, moderation.Config{Store: store, Poll: pollOfTheTests}), serve(t, moderation.Config{Store: store, Poll: pollOfTheTests})
}

func TestRulesAreInForceInEveryProcess(t *testing.T) {
	one, other := replicas(t)
	watched := watchRules(t, other, chat)
	watched.until(t, app, 0)
	set(t, one, admin, refusing("mince"))
	watched.until(t, app, 1)
	verdict, err := other.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: "mince"})
	must(t, err)
	if verdict.GetStatus() != moderationv1.Verdict_rejected || verdict.GetRulesVersion() != 1 {
		t.Errorf("got %v", verdict)
	}
}

func TestRulesOutliveTheirProcess(t *testing.T) {
	store := newStore(t)
	set(t, serve(t, moderation.Config{Store: store}), admin, refusing("mince"))
	verdict, err := serve(t, moderation.Config{Store: store}).ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: "mince"})
	must(t, err)
	if verdict.GetRulesVersion() != 1 {
		t.Errorf("got %v", verdict)
	}
}

// Rules change all the time, in either of two processes, while both judge. Version n refuses the word n and nothing else, so a
// verdict that was missed or doubled, or is by another version than it says, is seen.
func TestARuleChangeUnderLoadMissesAndDoublesNoVerdict(t *testing.T) {
	one, other := replicas(t)
	both := []moderationv1.ModerationServiceClient{one, other}
	const changes, judges = 60, 4
	refused := func(n int) string { return fmt.Sprintf("mot%c%c", 'a'+n/26, 'a'+n%26) }
	everyWord := make([]string, changes+1)
	for n := range everyWord {
		everyWord[n] = refused(n)
	}
	content := strings.Join(everyWord, " ")
	set(t, one, admin, refusing(refused(1)))

	var judging sync.WaitGroup
	var done atomic.Bool
	var counted atomic.Int64
	for j := range judges {
		client := both[j%2]
		judging.Go(func() {
			latest := int64(0)
			for !done.Load() {
				verdict, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: content})
				if err != nil {
					t.Error(err)
					return
				}
				version := verdict.GetRulesVersion()
				if version == 0 {
					continue // The second process has not heard of the first change yet.
				}
				want := strings.Replace(content, refused(int(version)), strings.Repeat("*", 5), 1)
				if version < latest || len(verdict.GetReasons()) != 1 || verdict.GetMaskedContent() != want {
					t.Errorf("version %d after %d says %v", version, latest, verdict)
				}
				latest = version
				counted.Add(1)
			}
		})
	}
	for n := 2; n <= changes; n++ {
		if answer := set(t, both[n%2], admin, refusing(refused(n))); answer.GetVersion() != int64(n) {
			t.Errorf("change %d is version %d", n, answer.GetVersion())
		}
	}
	done.Store(true)
	judging.Wait()
	hits := int64(0)
	for _, client := range both {
		stats, err := client.GetModerationStats(as(t, admin), &moderationv1.GetModerationStatsRequest{})
		must(t, err)
		hits = stats.GetRules()[0].GetHits()
	}
	if hits != counted.Load() {
		t.Errorf("%d hits were counted, of %d verdicts", hits, counted.Load())
	}
}
