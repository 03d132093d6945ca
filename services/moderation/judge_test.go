package moderation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// words is a rule that looks for words.
func words(id string, action moderationv1.Rule_Action, entries ...string) *moderationv1.Rule {
	return &moderationv1.Rule{
		Id: id, Action: action, Match: &moderationv1.Rule_Words{Words: &moderationv1.WordList{Entries: entries}},
	}
}

// of are rules of a moderator who is on.
func of(rules ...*moderationv1.Rule) *moderationv1.Rules {
	return &moderationv1.Rules{ModeratorEnabled: true, Rules: rules}
}

// judge tries rules on a content.
func judge(t *testing.T, rules *moderationv1.Rules, content *moderationv1.ModerateContentRequest) *moderationv1.Verdict {
	t.Helper()
	trial, err := moderation.NewTrial(rules)
	must(t, err)
	return trial.Judge(content, noon)
}

func saying(content string) *moderationv1.ModerateContentRequest {
	return &moderationv1.ModerateContentRequest{Content: content, SenderId: "bob", SenderRole: "member"}
}

// summary writes a verdict in a line: what becomes of the content, how it is published, and what hit.
func summary(v *moderationv1.Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %q", v.GetStatus(), v.GetMaskedContent())
	if v.GetIsMasked() {
		b.WriteString(" masked")
	}
	for _, r := range v.GetReasons() {
		fmt.Fprintf(&b, " %s:%v[%d,%d)", r.GetRule(), r.GetAction(), r.GetStart(), r.GetEnd())
		if r.GetDryRun() {
			b.WriteString("?")
		}
	}
	return b.String()
}

func TestWhatRulesDoTogether(t *testing.T) {
	rules := of(
		words("refused", moderationv1.Rule_reject, "rouge"), words("held", moderationv1.Rule_hold, "orange"),
		words("hidden", moderationv1.Rule_mask, "jaune"), words("flagged", moderationv1.Rule_flag, "vert"),
		words("told", moderationv1.Rule_notify, "bleu"), words("unsaid", moderationv1.Rule_action_unspecified, "noir"),
	)
	for content, want := range map[string]string{
		"blanc":         `approved "blanc"`,
		"bleu":          `approved "****" told:notify[0,4)`,
		"vert":          `approved "****" flagged:flag[0,4)`,
		"jaune":         `approved "*****" masked hidden:mask[0,5)`,
		"orange":        `pending "******" held:hold[0,6)`,
		"rouge":         `rejected "*****" refused:reject[0,5)`,
		"noir":          `rejected "****" unsaid:reject[0,4)`,
		"bleu vert":     `approved "**** ****" told:notify[0,4) flagged:flag[5,9)`,
		"vert jaune":    `approved "vert *****" masked flagged:flag[0,4) hidden:mask[5,10)`,
		"jaune, orange": `pending "*****, orange" masked hidden:mask[0,5) held:hold[7,13)`,
		"rouge jaune":   `rejected "***** *****" refused:reject[0,5) hidden:mask[6,11)`,
		"orange rouge":  `rejected "****** *****" held:hold[0,6) refused:reject[7,12)`,
		"É jaune":       `approved "É *****" masked hidden:mask[2,7)`,
	} {
		if got := summary(judge(t, rules, saying(content))); got != want {
			t.Errorf("%s:\n got %s\nwant %s", content, got, want)
		}
	}
}

func TestARuleThatIsOnlyTriedHasNoEffect(t *testing.T) {
	tried := words("tried", moderationv1.Rule_reject, "rouge")
	tried.DryRun = true
	rules := of(tried, words("hidden", moderationv1.Rule_mask, "jaune"))
	for content, want := range map[string]string{
		"rouge":       `approved "rouge" tried:reject[0,5)?`,
		"rouge jaune": `approved "rouge *****" masked tried:reject[0,5)? hidden:mask[6,11)`,
	} {
		if got := summary(judge(t, rules, saying(content))); got != want {
			t.Errorf("%s:\n got %s\nwant %s", content, got, want)
		}
	}
}

func TestASettingDoesWhatItsRuleSays(t *testing.T) {
	rules := &moderationv1.Rules{
		ModeratorEnabled: true,
		BadWords:         []string{"rouge"},
		SpamRules:        &moderationv1.SpamRules{UrlLimit: proto.Int32(1)},
		Rules: []*moderationv1.Rule{
			{Id: "bad_words", Action: moderationv1.Rule_mask, Category: "colours"},
			{Id: "url_limit", Action: moderationv1.Rule_hold},
		},
	}
	verdict := judge(t, rules, saying("rouge www.a.fr www.b.fr"))
	if got, want := summary(verdict), `pending "***** www.a.fr www.b.fr" masked bad_words:mask[0,5) url_limit:hold[15,23)`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := verdict.GetReasons()[0].GetCategory(); got != "colours" {
		t.Errorf("the category is %s", got)
	}
	for _, r := range rules.GetRules() {
		r.IsDisabled = true
	}
	if got := summary(judge(t, rules, saying("rouge www.a.fr www.b.fr"))); !strings.HasPrefix(got, "approved") {
		t.Errorf("settings that are off: %s", got)
	}
}

func TestWhatARuleIsAppliedTo(t *testing.T) {
	staffMay := words("staff_may", moderationv1.Rule_reject, "rouge")
	staffMay.ExemptRoles = []string{"admin", "super_admin"}
	inGroups := words("in_groups", moderationv1.Rule_reject, "vert")
	inGroups.ConversationTypes = []string{"group", "anonymous"}
	off := words("off", moderationv1.Rule_reject, "noir")
	off.IsDisabled = true
	newcomers := &moderationv1.Rule{Id: "newcomers", Match: &moderationv1.Rule_NewcomerLinks{
		NewcomerLinks: &moderationv1.NewcomerLinks{MinimumAge: 3600},
	}}
	links := &moderationv1.Rule{Id: "links", Match: &moderationv1.Rule_Domains{
		Domains: &moderationv1.DomainList{Denied: []string{"exemple.org"}},
	}}
	rules := of(staffMay, inGroups, off, newcomers, links)
	known := func(age time.Duration) *timestamppb.Timestamp { return timestamppb.New(noon.Add(-age)) }
	for name, test := range map[string]struct {
		content *moderationv1.ModerateContentRequest
		hits    string
	}{
		"a member":                      {&moderationv1.ModerateContentRequest{Content: "rouge", SenderRole: "member"}, "staff_may"},
		"an admin, who is exempt":       {&moderationv1.ModerateContentRequest{Content: "rouge", SenderRole: "admin"}, ""},
		"a visitor, who has no role":    {&moderationv1.ModerateContentRequest{Content: "rouge"}, "staff_may"},
		"in a group":                    {&moderationv1.ModerateContentRequest{Content: "vert", ConversationType: "group"}, "in_groups"},
		"in a pair":                     {&moderationv1.ModerateContentRequest{Content: "vert", ConversationType: "one_to_one"}, ""},
		"where nobody knows":            {&moderationv1.ModerateContentRequest{Content: "vert"}, "in_groups"},
		"a rule that is off":            {&moderationv1.ModerateContentRequest{Content: "noir"}, ""},
		"a link of someone new":         {&moderationv1.ModerateContentRequest{Content: "www.a.fr", SenderId: "bob", SenderSince: known(59 * time.Minute)}, "newcomers"},
		"a link of someone known":       {&moderationv1.ModerateContentRequest{Content: "www.a.fr", SenderId: "bob", SenderSince: known(time.Hour)}, ""},
		"a link of someone unknown":     {&moderationv1.ModerateContentRequest{Content: "www.a.fr", SenderId: "bob"}, "newcomers"},
		"a link of a visitor":           {&moderationv1.ModerateContentRequest{Content: "www.a.fr", SenderType: "anonymous", SenderId: "z", SenderSince: known(9 * time.Hour)}, "newcomers"},
		"a link of the system":          {&moderationv1.ModerateContentRequest{Content: "www.a.fr", SenderType: "system"}, ""},
		"a link of a back end":          {&moderationv1.ModerateContentRequest{Content: "www.a.fr"}, ""},
		"text of someone new":           {&moderationv1.ModerateContentRequest{Content: "a.b", SenderId: "bob"}, ""},
		"a link in a text":              {&moderationv1.ModerateContentRequest{Content: "voir exemple.org"}, "links"},
		"what looks like it, of a file": {&moderationv1.ModerateContentRequest{Content: "voir exemple.org", Field: "file_name"}, ""},
		"a word in a file's name":       {&moderationv1.ModerateContentRequest{Content: "rouge.pdf", Field: "file_name"}, "staff_may"},
	} {
		var hits []string
		for _, r := range judge(t, rules, test.content).GetReasons() {
			hits = append(hits, r.GetRule())
		}
		if got := strings.Join(hits, ","); got != test.hits {
			t.Errorf("%s: %q hit, want %q", name, got, test.hits)
		}
	}
}

func TestSendersAreToldInTheirLanguage(t *testing.T) {
	own := words("own", moderationv1.Rule_reject, "rouge")
	own.Messages = map[string]string{"fr": "Pas de rouge."}
	rules := of(own, words("default", moderationv1.Rule_reject, "vert"))
	for _, test := range []struct{ language, content, want string }{
		{"fr", "rouge", "Pas de rouge."},
		{"", "rouge", "Pas de rouge."},
		{"en", "rouge", "This word or expression is not accepted here."},
		{"fr", "vert", "Ce mot ou cette expression n’est pas accepté ici."},
		{"en", "vert", "This word or expression is not accepted here."},
	} {
		content := saying(test.content)
		content.Language = test.language
		if got := judge(t, rules, content).GetReasons()[0].GetMessage(); got != test.want {
			t.Errorf("%s in %q: %q, want %q", test.content, test.language, got, test.want)
		}
	}
}

func TestAReasonSaysHowAWordHadToBeRead(t *testing.T) {
	for content, want := range map[string]string{"rouge": "plain", "r0uge": "leet", "r o u g e": "spelled", "rrrr0uge": "leet+stretched"} {
		if got := judge(t, of(words("w", 0, "rouge")), saying(content)).GetReasons()[0].GetReading(); got != want {
			t.Errorf("%s: %q, want %q", content, got, want)
		}
	}
}

func TestAVerdictHasReasonsOfEveryRuleAndNotOfEveryHit(t *testing.T) {
	rules := of(words("many", moderationv1.Rule_mask, "zut"), words("one", moderationv1.Rule_reject, "mince"))
	verdict := judge(t, rules, saying(strings.Repeat("zut ", 5000)+"mince"))
	last := verdict.GetReasons()[len(verdict.GetReasons())-1]
	if n := len(verdict.GetReasons()); n != 101 || last.GetRule() != "one" || strings.Contains(verdict.GetMaskedContent(), "zut") {
		t.Errorf("%d reasons, the last is of %s", n, last.GetRule())
	}
}

func TestEveryKindOfRule(t *testing.T) {
	exact := expression("exact", "Total")
	exact.GetRegularExpression().IsExact = true
	for name, test := range map[string]struct {
		rule       *moderationv1.Rule
		hits, does string // what hits, and what it becomes
		passes     string
	}{
		"words":              {words("r", 0, "rouge*"), "les rougeurs", "les ********", "rouages"},
		"regular expression": {expression("r", `code \d{4}`), "CÔDE 1234!", "*********!", "code 12"},
		"as it is written":   {exact, "Total", "*****", "total"},
		"domains denied": {&moderationv1.Rule{Match: &moderationv1.Rule_Domains{Domains: &moderationv1.DomainList{
			Denied: []string{"exemple.org"}}}}, "va sur www.exemple.org", "va sur ***************", "va sur www.exemple.fr"},
		"domains allowed": {&moderationv1.Rule{Match: &moderationv1.Rule_Domains{Domains: &moderationv1.DomainList{
			Allowed: []string{"exemple.org"}, Denied: []string{"x.exemple.org"}}}}, "x.exemple.org", "*************", "www.exemple.org"},
		"neither": {&moderationv1.Rule{Match: &moderationv1.Rule_Domains{Domains: &moderationv1.DomainList{
			Allowed: []string{"exemple.org"}, Denied: []string{"exemple.fr"}}}}, "exemple.fr", "**********", "exemple.org"},
		"invites": {&moderationv1.Rule{Match: &moderationv1.Rule_Contacts{Contacts: &moderationv1.Contacts{Invites: true}}},
			"https://t.me/joinchat/x", "***********************", "bob@exemple.org"},
		"phone numbers": {&moderationv1.Rule{Match: &moderationv1.Rule_Contacts{Contacts: &moderationv1.Contacts{PhoneNumbers: true}}},
			"06 12 34 56 78", "**************", "bob@exemple.org"},
		"e-mail addresses": {&moderationv1.Rule{Match: &moderationv1.Rule_Contacts{Contacts: &moderationv1.Contacts{EmailAddresses: true}}},
			"bob@exemple.org", "***************", "06 12 34 56 78"},
		"mentions": {&moderationv1.Rule{Match: &moderationv1.Rule_Mentions{Mentions: &moderationv1.Mentions{Limit: 1}}},
			"@bob @carol", "@bob ******", "@bob"},
		"capitals": {&moderationv1.Rule{Match: &moderationv1.Rule_Capitals{Capitals: &moderationv1.Capitals{Share: 0.5}}},
			"TOUT LE MONDE DOIT LIRE CECI", "TOUT LE MONDE DOIT LIRE CECI", "TOUT LE MONDE"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.rule.Id == "" {
				test.rule.Id = "r"
			}
			verdict := judge(t, of(test.rule), saying(test.hits))
			if verdict.GetStatus() != moderationv1.Verdict_rejected || verdict.GetMaskedContent() != test.does || len(verdict.GetReasons()) != 1 {
				t.Errorf("%q: %v", test.hits, verdict)
			}
			if passed := judge(t, of(test.rule), saying(test.passes)); passed.GetStatus() != moderationv1.Verdict_approved {
				t.Errorf("%q: %v", test.passes, passed)
			}
		})
	}
}

func TestRepetitionIsOfTheWhole(t *testing.T) {
	rules := &moderationv1.Rules{ModeratorEnabled: true, SpamRules: &moderationv1.SpamRules{RepetitionThreshold: proto.Float64(0.5)}}
	content := strings.Repeat("encore ", 12)
	if got, want := summary(judge(t, rules, saying(content))), fmt.Sprintf("rejected %q repetition_threshold:reject[0,%d)", content, len(content)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
