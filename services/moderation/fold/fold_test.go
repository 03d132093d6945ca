package fold_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/palabre/palabre/services/moderation/fold"
)

func TestTextsThatPeopleTakeForOneAreOne(t *testing.T) {
	for _, alike := range [][]string{
		{"ete", "Été", "ÉTÉ", "e\u0301te\u0301", "ｅｔｅ", "𝐞𝐭𝐞", "ⓔⓣⓔ", "e\u200bte", "e\u00adte\u202e"},
		{"coeur", "cœur", "CŒUR"}, {"strasse", "Straße", "STRAẞE"}, {"smorrebrod", "smørrebrød"}, {"lodz", "Łódź"}, {"dang", "Đặng"},
		{"istanbul", "İSTANBUL", "ıstanbul"}, {"aegypte", "Ægypte"}, {"office", "oﬃce"}, {"m2", "m²"}, {"σοφοσ", "ΣΟΦΌΣ", "σοφός"},
		{"ёлка", "Елка"}, {"سلام", "سَـــلام"}, {"한국", "한국"}, {"カタカナ", "ｶﾀｶﾅ"},
	} {
		want := fold.String(alike[0])
		for _, other := range alike {
			if got := fold.String(other); got != want {
				t.Errorf("%q folds to %q, %q to %q", other, got, alike[0], want)
			}
		}
	}
}

func TestWhatIsSpelledOtherwiseStaysSo(t *testing.T) {
	for _, pair := range [][2]string{{"वर", "वीर"}, {"か", "が"}, {"zut", "zuт"}, {"ก", "กำ"}} {
		if fold.String(pair[0]) == fold.String(pair[1]) {
			t.Errorf("%s and %s fold alike", pair[0], pair[1])
		}
	}
}

func TestEachCaseLooksLikeItsOwn(t *testing.T) {
	for text, want := range map[string]string{
		"НОВВУ": "hobby", "ѕех": "sex", "РУТЕ": "pyte", "соп": "con", "ΝΙΚ": "nlk", "ν": "v", "ᴄᴏɴ": "con", "🅲🅾🅽": "con", "🇨🇴🇳": "con",
		"🆗": "ok", "Βοη": "bon", "ꞵ": "b", "Ꭰ": "d", "ʜᴇʟʟ": "hell", "❶": "1", "ы": "bi",
	} {
		if got := looks(fold.New(text)); got != want {
			t.Errorf("%s looks like %q, want %q", text, got, want)
		}
	}
}

func looks(text *fold.Text) string {
	var look []rune
	for _, c := range text.Chars {
		if c.Look > 0 {
			look = append(look, c.Look)
		}
		look = append(look, c.Looks()...)
	}
	return string(look)
}

func TestEveryCharacterFoldsAsUnicodeSays(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		text := fold.New(string(r))
		if got, want := text.String(), slowly(r); got != want {
			t.Errorf("%U folds to %q, want %q", r, got, want)
		}
		if again := fold.String(text.String()); again != text.String() {
			t.Errorf("%U folds to %q, and that to %q", r, text, again)
		}
		for _, c := range text.Chars {
			if want := kindOf(c.Rune); want != c.Kind {
				t.Errorf("%U is of kind %d, want %d", r, c.Kind, want)
			}
		}
	}
}

// slowly folds a character by the definition.
func slowly(r rune) string {
	const tatweel = 'ـ'
	var folded strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		switch {
		case part == tatweel, unicode.In(part, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector),
			unicode.IsControl(part) && !unicode.IsSpace(part), attached(part):
			continue
		}
		folded.WriteString(spelled.Replace(string(unicode.ToLower(unicode.ToUpper(part)))))
	}
	return folded.String()
}

var spelled = strings.NewReplacer("œ", "oe", "æ", "ae", "ß", "ss", "ø", "o", "ł", "l", "đ", "d", "ʼ", "'")

// attached is for accents, points and enclosing marks, by their combining class (Unicode 4.3).
func attached(r rune) bool {
	class := norm.NFKD.PropertiesString(string(r)).CCC()
	return unicode.IsMark(r) && (class == 1 || 10 <= class && class <= 36 || class >= 200 || unicode.Is(unicode.Me, r))
}

func kindOf(r rune) fold.Kind {
	switch {
	case unicode.IsSpace(r):
		return fold.Space
	case unicode.IsLetter(r):
		return fold.Letter
	case unicode.IsNumber(r):
		return fold.Digit
	case unicode.IsMark(r):
		return fold.Mark
	case strings.ContainsRune(`.,;:!?'"/\@&…¿¡‚„،؛؟۔।。、`, r), unicode.In(r, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf):
		return fold.Stop
	}
	return fold.Symbol
}

func TestCaseNeverMatters(t *testing.T) {
	const iotaSubscript = '\u0345' // An accent to all but the case tables, where it is an iota.
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			if r == iotaSubscript || other == iotaSubscript {
				continue
			}
			if got, want := fold.String(string(other)), fold.String(string(r)); got != want {
				t.Errorf("%U folds to %q, %U to %q", other, got, r, want)
			}
		}
	}
}

func TestPositionsAreCodePointsOfTheTextAsItCame(t *testing.T) {
	type place struct{ start, end int32 }
	var got []place
	for _, c := range fold.New("É\u0301\u200b😀ﬃx").Chars {
		got = append(got, place{c.Start, c.End})
	}
	if want := []place{{0, 2}, {3, 4}, {4, 5}, {4, 5}, {4, 5}, {5, 6}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"Été", "한국 ﷺ", "\xff\u0345ŉ", "🇫🇷🅰️ﬃ", "ä\u0301\u200d\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := fold.New(text)
		if once := folded.String(); fold.String(once) != once {
			t.Errorf("%q folds to %q, and that to %q", text, once, fold.String(once))
		}
		if folded.Len != utf8.RuneCountInString(text) {
			t.Errorf("%d code points are %d", utf8.RuneCountInString(text), folded.Len)
		}
		var before int32
		for _, c := range folded.Chars {
			if c.Start < before || c.End <= c.Start || int(c.End) > folded.Len {
				t.Fatalf("%+v is no part of %q, or out of order", c, text)
			}
			before = c.Start
		}
	})
}

func BenchmarkFold(b *testing.B) {
	const prose = "Bonjour à tous, la réunion du conseil d’administration est reportée à mardi prochain, 18 h 30, à la salle des fêtes."
	var text fold.Text
	for b.Loop() {
		text.Reset(prose)
	}
}
