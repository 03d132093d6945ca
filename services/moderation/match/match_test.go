package match_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/palabre/palabre/services/moderation/match"
)

// found answers the parts of a text that a matcher finds.
func found(m *match.Matcher, text string) []string {
	var parts []string
	runes := []rune(text)
	for _, h := range m.Find(text) {
		parts = append(parts, string(runes[h.Start:h.End]))
	}
	return parts
}

func words(entries ...string) []string { return entries }

func TestAWordIsFoundWhateverItsCaseAndAccents(t *testing.T) {
	tests := []struct{ entry, text, want string }{
		{"zut", "Oh ZUT alors", "ZUT"},
		{"zut", "zut", "zut"},
		{"zut", "«Zut!»", "Zut"},
		{"ZÜT", "zut", "zut"},
		{"zut", "ZÛT", "ZÛT"},
		{"débile", "DEBILE", "DEBILE"},
		{"debile", "de\u0301bile", "de\u0301bile"}, // An accent of its own.
		{"debile", "d\u0300\u0301\u0336ebile\u20dd!", "d\u0300\u0301\u0336ebile\u20dd"},
		{"coeur", "mon cœur", "cœur"},
		{"cœur", "mon COEUR", "COEUR"},
		{"aegypte", "Ægypte", "Ægypte"},
		{"strasse", "Straße", "Straße"},
		{"straße", "STRASSE", "STRASSE"},
		{"strasse", "STRAẞE", "STRAẞE"},
		{"smorrebrod", "smørrebrød", "smørrebrød"},
		{"lodz", "Łódź", "Łódź"},
		{"dang", "Đặng", "Đặng"},
		{"istanbul", "İSTANBUL", "İSTANBUL"},
		{"kirik", "KIRIK kırık", "KIRIK"},
		{"office", "o\ufb03ce", "o\ufb03ce"}, // A ligature.
		{"zut", "ｚｕｔ", "ｚｕｔ"},                // Full width.
		{"zut", "𝐳𝐮𝐭", "𝐳𝐮𝐭"},                // Mathematical.
		{"m2", "m²", "m²"},
		{"σοφος", "ΣΟΦΌΣ σοφός", "ΣΟΦΌΣ"},
		{"мат", "МАТ", "МАТ"},
		{"ёлка", "елка", "елка"},
		{"שלום", "שָׁלוֹם", "שָׁלוֹם"},
		{"سلام", "سَـــلام", "سَـــلام"},
		{"한국", "한국", "한국"}, // Composed, and not.
		{"हिन्दी", "हिन्दी है", "हिन्दी"},
		{"zut", "z\u200bu\u00ad\ufe0ft", "z\u200bu\u00ad\ufe0ft"}, // Characters that are not seen.
		{"zut", "z\x01u\x7ft", "z\x01u\x7ft"},
		{"z\u200but", "zut", "zut"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s in %s", test.entry, test.text), func(t *testing.T) {
			got := found(match.New(words(test.entry), nil), test.text)
			if len(got) == 0 || got[0] != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func TestAVowelOrItsVoiceIsPartOfTheSpelling(t *testing.T) {
	tests := []struct{ entry, text string }{
		{"वर", "वीर"}, // Vowels of Indic scripts are part of the spelling.
		{"か", "が"},    // So is the voicing of kana.
	}
	for _, test := range tests {
		if got := found(match.New(words(test.entry), nil), test.text); got != nil {
			t.Errorf("%s is found in %s", test.entry, test.text)
		}
	}
}

func TestPartsOfWordsAreNotFound(t *testing.T) {
	m := match.New(words("ass", "con", "cul", "sex", "pute", "nègre", "tit", "zut"), nil)
	for _, innocent := range []string{
		"assassin", "assis", "classe", "bassin", "concert", "second", "Conseil", "balcon", "culture", "calcul", "Essex",
		"Middlesex", "député", "réputé", "computer", "Négrepelisse", "titre", "petite", "zutique", "azut", "zut2", "2zut",
		"éass", "assé", "conœ", "zut\u0301e",
	} {
		if got := found(m, "un "+innocent+" ici"); got != nil {
			t.Errorf("%q is found in %s", got, innocent)
		}
	}
}

func TestWhatIsNoLetterOrDigitIsBetweenWords(t *testing.T) {
	m := match.New(words("zut"), nil)
	for _, text := range []string{
		"zut", " zut ", "zut,", "(zut)", "l'zut", "l’zut", "lʼzut", "zut-zut", "a_zut_b", "zut\nzut", "a\tzut", "a\u0085zut",
		"a\u00a0zut", "a\u2028zut", "😀zut😀", "a/zut.b", "\xffzut\xff", "zut\u2026",
	} {
		if found(m, text) == nil {
			t.Errorf("zut is not found in %q", text)
		}
	}
}

func TestAPhraseIsFoundWhateverIsBetweenItsWords(t *testing.T) {
	m := match.New(words("va au diable", "c'est fini"), nil)
	for _, text := range []string{
		"va au diable", "VA AU DIABLE!", "va  au\ndiable", "va-au-diable", "va, au.. diable", "va 😀 au diable", "c’est fini",
		"va \u200b\u200b\u200b\u200bau diable",
	} {
		if got := found(m, "oh "+text+" oh"); len(got) != 1 {
			t.Errorf("found %q in %q", got, text)
		}
	}
	for _, text := range []string{
		"va au", "au diable", "va diable au", "va    au diable", "vaau diable", "va au grand diable", "va au diablement",
		"va au va au", "cest fini",
	} {
		if got := found(m, text); got != nil {
			t.Errorf("found %q in %q", got, text)
		}
	}
}

func TestHitsAreTheLongestAndInOrder(t *testing.T) {
	m := match.New(words("a", "a b", "a b c", "b", "c d", "x y x"), nil)
	tests := []struct {
		text string
		want []string
	}{
		{"a", words("a")},
		{"a b", words("a b")},
		{"a b c d", words("a b c", "c d")},
		{"a z b", words("a", "b")},
		{"a b, a b c", words("a b", "a b c")},
		{"x y x y x", words("x y x", "x y x")},
		{"a    b", words("a", "b")},
	}
	for _, test := range tests {
		if got := found(m, test.text); !slices.Equal(got, test.want) {
			t.Errorf("in %q: found %q, want %q", test.text, got, test.want)
		}
	}
}

func TestAHitInsideWhatIsAllowedDoesNotCount(t *testing.T) {
	m := match.New(words("sale", "sale type", "pute"), words("linge sale", "un sale", "pute borgne", "Sale TYPE bien"))
	tests := []struct {
		text string
		want []string
	}{
		{"linge sale", nil},
		{"LINGE-SALE", nil},
		{"du linge sale et une sale idée", words("sale")},
		{"linge sale type", words("sale type")}, // It is not wholly inside.
		{"un sale type", words("sale type")},
		{"un sale type bien", nil},
		{"linge    sale", words("sale")},
		{"pute borgne, pute", words("pute")},
		{"sale linge sale", words("sale")},
	}
	for _, test := range tests {
		if got := found(m, test.text); !slices.Equal(got, test.want) {
			t.Errorf("in %q: found %q, want %q", test.text, got, test.want)
		}
	}
}

func TestAnAllowedWordIsNoHitByItself(t *testing.T) {
	if got := found(match.New(words("zut"), words("zut", "flûte")), "zut, flûte"); got != nil {
		t.Errorf("found %q", got)
	}
}

func TestPositionsAreInCodePointsOfTheTextAsItCame(t *testing.T) {
	text := "É\u0301 😀 œuf: Ze\u0301ut, \ufb03x zut"
	got := match.Spans(match.New(words("zeut", "zut"), nil).Find(text))
	if want := []match.Span{{Start: 10, End: 15}, {Start: 20, End: 23}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEntriesWithoutLettersAreNeverFound(t *testing.T) {
	for _, entry := range []string{"", " ", "!!!", "😀", "\u0301", "\xff"} {
		if match.CanBeFound(entry) {
			t.Errorf("%q can be found", entry)
		}
		if got := found(match.New(words(entry), nil), "a "+entry+" b"); got != nil {
			t.Errorf("%q is found: %q", entry, got)
		}
	}
	if !match.CanBeFound("!é!") {
		t.Error("é cannot be found")
	}
}

func TestLongWordsAreFound(t *testing.T) {
	long := strings.Repeat("é", 200)
	m := match.New(words(long), nil)
	if got := found(m, "a "+strings.ToUpper(long)+" b"); len(got) != 1 {
		t.Error("a word of 200 letters is not found")
	}
	for _, other := range []string{long + "e", long[2:], strings.Repeat(long, 500)} {
		if got := found(m, other); got != nil {
			t.Errorf("it is found in a word of %d letters", len([]rune(other)))
		}
	}
}

func TestMaskHidesTheHitsAndNothingElse(t *testing.T) {
	m := match.New(words("zut", "cœur gros", "gros sel"), nil)
	tests := []struct{ text, want string }{
		{"", ""},
		{"rien", "rien"},
		{"zut", "***"},
		{"Ô Zu\u0302t\u0301!", "Ô *****!"},
		{"mon COEUR, gros", "mon ***********"},
		{"cœur gros sel 😀", "************* 😀"},
		{"\xff zut \xff", "\xff *** \xff"},
	}
	for _, test := range tests {
		if got := match.Mask(test.text, match.Spans(m.Find(test.text))); got != test.want {
			t.Errorf("%q is masked as %q, want %q", test.text, got, test.want)
		}
	}
}

// prose is a message as people write them.
const prose = "Bonjour à tous, la réunion du conseil d’administration est reportée à mardi prochain, 18 h 30, à la salle des " +
	"fêtes. Merci d’apporter vos comptes rendus et, si possible, un gâteau !"

// invented is n words that nobody uses, a tenth of them phrases.
func invented(n int) []string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf("blörb%dqx", i)
		if i%10 == 0 {
			entries[i] += fmt.Sprintf(" wug%d", i%97)
		}
	}
	return entries
}
