package spam_test

import (
	"math"
	"strings"
	"testing"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/spam"
)

func TestTheGreatestShareOfRepetitionCounts(t *testing.T) {
	hundred := strings.Repeat("a b c d e f g h i j k l m n o p q r s t ", 5)
	tests := []struct {
		name, text string
		kind       spam.Kind
		want       float64
	}{
		{"nothing", "", "words", 0},
		{"nine words are too few", strings.Repeat("oui ", 9), "words", 0},
		{"ten words, one of them new", strings.Repeat("oui ", 10), "words", 0.9},
		{"case and accents do not make a word new", "été Été ÉTÉ ete Ete ETE été Été ÉTÉ non", "words", 0.8},
		{"words between punctuation", "a,b;a.b!a?b a-b a/b", "words", 0.8},
		{"each ideograph is a word", "好好好好好好好好好人", "words", 0.8},
		{"and each kana and Thai letter, with its marks", "ががががががががががが", "words", 10.0 / 11},
		{"100 words are one block", hundred, "words", 0.8},
		{"the next block begins anew", hundred + hundred, "words", 0.8},
		{"a block of its own has little to repeat", "z " + hundred, "words", 79.0 / 101},
		{"19 characters are too few", strings.Repeat("a", 19), "words", 0},
		{"20 characters of one run", strings.Repeat("a", 20), "chars", 1},
		{"white space is no character, and ends a run", strings.Repeat("!!!!! ", 4), "chars", 0.25},
		{"a run of emoji, whatever their variation", strings.Repeat("❤\ufe0f", 15) + "je t’aime", "chars", 15.0 / 23},
		{"case does not end a run", "aAaAaAaAaAaA bcdefghi", "chars", 0.6},
		{"no run at all", "abcdefghijklmnopqrstuvwxyz", "words", 0},
		{"four lines are too few", "x!\nx!\nx!\nx!", "words", 0},
		{"five lines, one of them new", "x!\nX !\r\nx!\n\n  x! \nx!\nx!", "lines", 4.0 / 6},
	}
	for _, test := range tests {
		got := spam.Repetition(fold.New(test.text))
		if got.Kind != test.kind || math.Abs(got.Value-test.want) > 1e-9 {
			t.Errorf("%s: %+v, want %s %v", test.name, got, test.kind, test.want)
		}
	}
}

func TestAThresholdIsReachedWithinTheTolerance(t *testing.T) {
	share := spam.Repetition(fold.New(strings.Repeat("oui ", 10))) // 0.9
	for threshold, want := range map[float64]bool{0.9: true, 0.9000005: true, 0.90001: false, 0.5: true, 1: false} {
		if share.Reaches(threshold) != want {
			t.Errorf("%v reaches %v: %t", share.Value, threshold, !want)
		}
	}
	if spam.Repetition(fold.New("")).Reaches(1e-9) {
		t.Error("an empty text repeats itself")
	}
}

func parts(text string, find func(*fold.Text) []spam.Span) string {
	var found []string
	runes := []rune(text)
	for _, s := range find(fold.New(text)) {
		found = append(found, string(runes[s.Start:s.End]))
	}
	return strings.Join(found, " | ")
}

func TestPhones(t *testing.T) {
	tests := []struct{ text, want string }{
		{"appelle le 06 12 34 56 78 !", "06 12 34 56 78"}, {"06.12.34.56.78", "06.12.34.56.78"}, {"0612345678", "0612345678"},
		{"06-12-34-56-78", "06-12-34-56-78"}, {"+33 6 12 34 56 78", "+33 6 12 34 56 78"}, {"+33 (0)6 12 34 56 78", "+33 (0)6 12 34 56 78"},
		{"0033612345678", "0033612345678"}, {"020 7946 0958", "020 7946 0958"}, {"(555) 123-4567", "(555) 123-4567"}, {"555-123-4567", "555-123-4567"},
		{"０６ １２ ３４ ５６ ７８", "０６ １２ ３４ ５６ ７８"}, {"0\u200b612345678", "0\u200b612345678"}, {"06 12 34 56 78 / 07 12 34 56 78", "06 12 34 56 78 | 07 12 34 56 78"},
		{"le 01/02/2024", ""}, {"01.02.2024 10", ""}, {"2024-01-15 12:30", ""}, {"12 000 000 €", ""}, {"1 000 000 000", ""}, {"192.168.100.101", ""},
		{"commande 4815162342", ""}, {"FR7630006000011234567890189", ""}, {"1,234,567,890", ""}, {"3.14159265", ""}, {"42", ""}, {"12 34 56", ""},
		{"97,5 kg", ""}, {"0612345678abc", ""}, {"", ""},
		{"salle 12 06 12 34 56 78", "06 12 34 56 78"}, {"12 +33 6 12 34 56 78", "+33 6 12 34 56 78"}, {"le 5 0033612345678", "0033612345678"},
		{"12 000 000 000 000", ""},
	}
	for _, test := range tests {
		if got := parts(test.text, spam.Phones); got != test.want {
			t.Errorf("%q: found %q, want %q", test.text, got, test.want)
		}
	}
}

func TestMentions(t *testing.T) {
	tests := []struct{ text, want string }{
		{"@anna et @jean.dupont, @o_b !", "@anna | @jean.dupont | @o_b"}, {"(@anna)", "@anna"}, {"@Éric", "@Éric"},
		{"moi@exemple.fr", ""}, {"@ anna", ""}, {"@@", ""}, {"@", ""}, {"à 5 € @ midi", ""},
	}
	for _, test := range tests {
		if got := parts(test.text, spam.Mentions); got != test.want {
			t.Errorf("%q: found %q, want %q", test.text, got, test.want)
		}
	}
}

func TestCapitals(t *testing.T) {
	tests := []struct {
		text              string
		capitals, letters int
	}{
		{"BONJOUR à tous", 7, 12}, {"É é", 1, 2}, {"123 !? 好", 0, 0}, {"Œuf", 1, 3}, {"ПРИВЕТ мир", 6, 9}, {"𝐀b", 1, 2}, {"", 0, 0},
	}
	for _, test := range tests {
		if capitals, letters := spam.Capitals(fold.New(test.text)); capitals != test.capitals || letters != test.letters {
			t.Errorf("%q: %d of %d, want %d of %d", test.text, capitals, letters, test.capitals, test.letters)
		}
	}
}

func TestTheSameTextAgainHasTheSameFingerprint(t *testing.T) {
	for first, again := range map[string][]string{
		"Achetez été 2024 !": {
			"achetez  ETE 2024", "ACHETEZ, e\u0301te\u0301 : 2024 😀😀", "Aсhеtez été 2024", "a-c-h-e-t-e-z été\n2024…", "@ch3t€z été 2024",
			"Achetezzzz été 2024", "🅰chetez été 2024",
		},
		"achète mon livre!": {"Ach3te  m0n livre", "ACHETE MON LIVRE", "aсhete m.o.n l!vre", "achète mon IIvre"},
		"νέα ζωή":           {"ΝΕΑ ΖΩΗ"},
	} {
		want, _ := spam.Fingerprint(fold.New(first))
		for _, same := range again {
			if got, _ := spam.Fingerprint(fold.New(same)); got != want {
				t.Errorf("%q has another than %q", same, first)
			}
		}
	}
}

func TestAnotherTextHasAnotherFingerprint(t *testing.T) {
	seen := map[uint64]string{}
	for _, text := range []string{
		"", "Achetez été 2024 !", "Achetez été 2025 !", "été Achetez 2024", "commande 100", "commande 1000", "commande 110", "rendez-vous à 18 h",
		"rendez-vous à 19 h", "12", "21", "好", "好好學", "Achetez été",
	} {
		got, _ := spam.Fingerprint(fold.New(text))
		if before, known := seen[got]; known {
			t.Errorf("%q has that of %q", text, before)
		}
		seen[got] = text
	}
	if _, size := spam.Fingerprint(fold.New("😀 !!")); size != 0 {
		t.Errorf("emoji are %d letters", size)
	}
}

func FuzzMeasures(f *testing.F) {
	for _, seed := range []string{"oui oui", "a\n\nb", "好 06 12 34 56 78", "@a @", "+1(2)3", strings.Repeat("é", 30)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := fold.New(text)
		if s := spam.Repetition(folded); s.Value < 0 || s.Value > 1 {
			t.Errorf("%+v", s)
		}
		end := 0
		for _, s := range append(spam.Phones(folded), spam.Span{Start: folded.Len, End: folded.Len}) {
			if s.Start < end || s.End < s.Start || s.End > folded.Len {
				t.Fatalf("%v is no part of %q", s, text)
			}
			end = s.End
		}
		if capitals, letters := spam.Capitals(folded); capitals > letters || letters > folded.Len {
			t.Errorf("%d of %d letters", capitals, letters)
		}
		if _, size := spam.Fingerprint(folded); size > len(folded.Chars) {
			t.Errorf("%d characters", size)
		}
		spam.Mentions(folded)
	})
}

func BenchmarkMeasures(b *testing.B) {
	for name, text := range map[string]string{
		"prose":          "Bonjour à tous, la réunion du conseil d’administration est reportée à mardi prochain. Merci !",
		"100kB of words": strings.Repeat("a b ", 25_000), "100kB of lines": strings.Repeat("a\n", 50_000), "100kB of digits": strings.Repeat("0 ", 50_000),
		"100kB of @": strings.Repeat("@", 100_000), "100kB of +": strings.Repeat("+1", 50_000),
	} {
		folded := fold.New(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				spam.Repetition(folded)
				spam.Phones(folded)
				spam.Fingerprint(folded)
				spam.Mentions(folded)
				spam.Capitals(folded)
			}
		})
	}
}
