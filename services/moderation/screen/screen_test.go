package screen_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/palabre/palabre/services/moderation/match"
	"github.com/palabre/palabre/services/moderation/screen"
)

// told answers what hits say: rule, category and the part of the text.
func told(text string, hits []screen.Hit) []string {
	var all []string
	runes := []rune(text)
	for _, h := range hits {
		all = append(all, fmt.Sprintf("%s %s %q", h.Rule, h.Category, string(runes[h.Start:h.End])))
	}
	return all
}

func TestEachRuleSaysWhatItFinds(t *testing.T) {
	tests := []struct {
		name, text string
		rules      screen.Rules
		want       []string
	}{
		{"no rules", "con http://a.fr", screen.Rules{}, nil},
		{
			"words of two rules", "merde, c0n", screen.Rules{Words: []screen.Entries{{"r1", []string{"con"}}, {"r2", []string{"merde", "con"}}}},
			[]string{`r2 profanity "merde"`, `r1 profanity "c0n"`, `r2 profanity "c0n"`},
		},
		{
			"allowed", "chili con carne", screen.Rules{Words: []screen.Entries{{"r", []string{"con"}}}, Allow: []string{"con carne"}}, nil,
		},
		{
			"links above the limit", "a.fr b.fr c.fr d.fr", screen.Rules{URLs: []screen.Limit{{"u", 2}}},
			[]string{`u urls "c.fr"`, `u urls "d.fr"`},
		},
		{"no links at all", "moi@a.fr, a.fr", screen.Rules{URLs: []screen.Limit{{"u", 0}}}, []string{`u urls "a.fr"`}},
		{
			"denied domains", "http://x.exemple.fr http://exemple.org bücher.de", screen.Rules{Deny: []screen.Entries{{"d", []string{"exemple.fr", "BÜCHER.de"}}}},
			[]string{`d domain "http://x.exemple.fr"`, `d domain "bücher.de"`},
		},
		{
			"only these domains", "a.exemple.fr et http://раураl.com", screen.Rules{Only: []screen.Entries{{"o", []string{"exemple.fr", "paypal.com"}}}},
			[]string{`o domain "http://раураl.com"`},
		},
		{"invitations", "rejoins t.me/groupe !", screen.Rules{Invites: []string{"i"}}, []string{`i invite "t.me/groupe"`}},
		{
			"contacts", "06 12 34 56 78 ou moi@a.fr", screen.Rules{Phones: []string{"p"}, Emails: []string{"e"}},
			[]string{`p phone "06 12 34 56 78"`, `e email "moi@a.fr"`},
		},
		{"mentions", "@a @b @c", screen.Rules{Mentions: []screen.Limit{{"m", 2}}}, []string{`m mentions "@c"`}},
		{"capitals", "POURQUOI pas", screen.Rules{Capitals: []screen.Share{{Rule: "c", Share: 0.7}}}, nil},
		{"capitals, enough letters", "POURQUOI PAS !", screen.Rules{Capitals: []screen.Share{{Rule: "c", Share: 0.7, Fewest: 11}}}, []string{`c capitals "POURQUOI PAS !"`}},
		{
			"repetition", strings.Repeat("oui ", 10), screen.Rules{Repetition: []screen.Share{{Rule: "r", Share: 0.9}}},
			[]string{fmt.Sprintf(`r repetition %q`, strings.Repeat("oui ", 10))},
		},
		{
			"regular expressions, in the text as written and as folded", "CB 4970-1234, É́té", screen.Rules{Patterns: []screen.Entries{{"p", []string{`\d{4}-\d{4}`, `ete`, `É`}}}},
			[]string{`p pattern "4970-1234"`, `p pattern "É́té"`, `p pattern "É"`},
		},
	}
	for _, test := range tests {
		set, problems := screen.Compile(test.rules)
		if len(problems) > 0 {
			t.Errorf("%s: %v", test.name, problems)
		}
		if got := told(test.text, set.Screen(test.text)); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAHitExplainsItself(t *testing.T) {
	set, _ := screen.Compile(screen.Rules{
		Words: []screen.Entries{{"w", []string{"merde", "Connard"}}}, URLs: []screen.Limit{{"u", 1}},
		Repetition: []screen.Share{{Rule: "r", Share: 0.5}},
	})
	hits := set.Screen("c0nnaaaard http://a.fr http://b.fr")
	if h := hits[0]; h.Entry != "Connard" || h.Reading != match.Leet|match.Stretched {
		t.Errorf("the word is explained by %+v", h)
	}
	if h := hits[1]; h.Count != 2 || h.Rule != "u" {
		t.Errorf("the links are explained by %+v", h)
	}
	if h := set.Screen(strings.Repeat("a", 30))[0]; h.Share != 1 || h.Repeated != "chars" {
		t.Errorf("the repetition is explained by %+v", h)
	}
}

func TestMaskingHidesWhatWasHit(t *testing.T) {
	set, _ := screen.Compile(screen.Rules{
		Words: []screen.Entries{{"w", []string{"con"}}}, Phones: []string{"p"}, Capitals: []screen.Share{{Rule: "c", Share: 0.1, Fewest: 1}},
	})
	const text = "C0N, appelle le 06 12 34 56 78 😀"
	if got, want := screen.Mask(text, set.Screen(text)), "***, appelle le ************** 😀"; got != want {
		t.Errorf("masked as %q, want %q", got, want)
	}
}

func TestTheEntryAtFaultIsNamed(t *testing.T) {
	_, problems := screen.Compile(screen.Rules{
		Words: []screen.Entries{{"a", []string{"zut"}}, {"b", []string{"!!!", "z*t", "carne", "http://a.fr", strings.Repeat("é", 64) + "*"}}},
		Allow: []string{"Carne", "?"}, Patterns: []screen.Entries{{"p", []string{"ok", "é(a|b", "a*", strings.Repeat("x", 1001), "((a{100}){10})", "[z-a]"}}},
		Deny: []screen.Entries{{"d", []string{"a b"}}}, URLs: []screen.Limit{{"u", -1}}, Capitals: []screen.Share{{Rule: "c", Share: 1.5}},
	})
	type at struct {
		field       screen.Field
		rule, entry int
		reason      screen.Reason
		refused     bool
	}
	want := map[at]bool{
		{screen.FieldWords, 1, 0, "no_letter", false}: true, {screen.FieldWords, 1, 1, "star_inside", false}: true,
		{screen.FieldWords, 1, 2, "allowed", false}: true, {screen.FieldWords, 1, 3, "not_read", false}: true,
		{screen.FieldWords, 1, 4, "too_long", false}: true, {screen.FieldAllow, 0, 1, "no_letter", false}: true,
		{screen.FieldPatterns, 0, 1, "bad_syntax", true}: true, {screen.FieldPatterns, 0, 2, "matches_nothing", true}: true,
		{screen.FieldPatterns, 0, 3, "pattern_too_long", true}: true, {screen.FieldPatterns, 0, 4, "too_complex", true}: true,
		{screen.FieldPatterns, 0, 5, "bad_syntax", true}: true, {screen.FieldDeny, 0, 0, "bad_domain", true}: true,
		{screen.FieldURLs, 0, 0, "out_of_bounds", true}: true, {screen.FieldCapitals, 0, 0, "out_of_bounds", true}: true,
	}
	for _, p := range problems {
		got := at{p.Field, p.Rule, p.Entry, p.Reason, p.Refused()}
		if !want[got] {
			t.Errorf("told of %+v", p)
		}
		delete(want, got)
		if english, french := p.Text(); english == "" || french == "" {
			t.Errorf("%s is not explained in both languages", p.Reason)
		}
		if p.Reason == screen.BadSyntax && p.Entry == 5 && p.Position != 1 {
			t.Errorf("[z-a] is wrong at %d", p.Position)
		}
	}
	for missing := range want {
		t.Errorf("not told of %+v", missing)
	}
}

func TestNothingToLookForCostsNothing(t *testing.T) {
	empty, _ := screen.Compile(screen.Rules{})
	var none *screen.Set
	text := strings.Repeat("con http://a.fr ", 1000)
	if n := testing.AllocsPerRun(100, func() { empty.Screen(text); none.Screen(text) }); n != 0 || !none.Empty() || !empty.Empty() {
		t.Errorf("%v allocations", n)
	}
}

func FuzzScreen(f *testing.F) {
	for _, seed := range []string{"con a.fr 06 12 34 56 78", "É́té 4970", "@a\xff@b", "笨 蛋", "c o n\n\n", "ﷺ"} {
		f.Add(seed, "con", "a+")
	}
	f.Fuzz(func(t *testing.T, text, word, expression string) {
		set, _ := screen.Compile(screen.Rules{
			Words: []screen.Entries{{"w", []string{word, "*" + word, word + " " + word}}}, Patterns: []screen.Entries{{"p", []string{expression}}},
			URLs: []screen.Limit{{"u", 0}}, Mentions: []screen.Limit{{"m", 0}}, Phones: []string{"t"}, Emails: []string{"e"}, Invites: []string{"i"},
			Repetition: []screen.Share{{Rule: "r", Share: 0.5}}, Capitals: []screen.Share{{Rule: "c", Share: 0.5}},
		})
		hits, length := set.Screen(text), len([]rune(text))
		for i, h := range hits {
			if h.Start < 0 || h.End <= h.Start || h.End > length || i > 0 && h.Start < hits[i-1].Start {
				t.Fatalf("%+v is no part of %q, or out of order", h, text)
			}
		}
		if masked := screen.Mask(text, hits); len([]rune(masked)) != length {
			t.Errorf("%q is masked as %q", text, masked)
		}
	})
}
