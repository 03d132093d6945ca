package match_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/match"
)

func FuzzFind(f *testing.F) {
	f.Add("zut", "flûte", "Oh ZUT, flûte!")
	f.Add("va au diable\nzut", "zut alors", "va, au  diable; zut alors zut")
	f.Add("c*\n*n\n*o*\nva au", "con\n笨", "c0оn C O N c-o-n! 笨 蛋 🅲🅾🅽 vvan rn v@ au")
	f.Add("한국\nکتاب\nが", "ﷺ", "한국 \u0345ﷺ が \xff\xc0")
	f.Add("a b a", "b a", "a b a b a b")
	f.Fuzz(func(t *testing.T, bad, allowed, text string) {
		m := match.New(strings.Split(bad, "\n"), strings.Split(allowed, "\n"))
		hits := m.Find(text)
		for _, h := range hits {
			if h.List != 0 || h.Entry < 0 || h.Entry > strings.Count(bad, "\n") {
				t.Errorf("%+v is of no entry", h)
			}
		}
		spans := match.Spans(hits)
		checkSpans(t, spans, text)
		checkMask(t, spans, text)
		if !slices.Equal(hits, m.Find(text)) {
			t.Error("the same text again has other hits")
		}
	})
}

// FuzzEntry checks that an entry is found in itself, in upper case too.
func FuzzEntry(f *testing.F) {
	for _, entry := range []string{"zut", "va au diable", "Straße", "ŉ", "ﷺ", "İı", "c'est", "①½", "ᾳ̈", "a$$", "con*", "笨 蛋", "ばか", "iIl1", "*é", "vvw", "rnm"} {
		f.Add(entry)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		m := match.New([]string{entry}, nil)
		if !match.CanBeFound(entry) {
			return
		}
		for _, text := range []string{entry, "! " + entry + " !"} {
			if hits := m.Find(text); len(hits) == 0 && narrow(entry) {
				t.Errorf("%q is not found in %q", entry, text)
			}
		}
	})
}

// narrow says that no two words of an entry can be too far apart to be found.
func narrow(entry string) bool {
	return utf8.RuneCountInString(entry) <= 3 || !strings.ContainsFunc(entry, separates)
}

func separates(r rune) bool { return r < 'a' || r > 'z' }

// checkSpans checks that hits are parts of the text, in order, and none inside another.
func checkSpans(t *testing.T, spans []match.Span, text string) {
	t.Helper()
	length := utf8.RuneCountInString(text)
	before := match.Span{Start: -1, End: 0}
	for _, h := range spans {
		if h.Start < 0 || h.Start >= h.End || h.End > length {
			t.Errorf("%v is no part of a text of %d code points", h, length)
		}
		if h.Start <= before.Start || h.End <= before.End {
			t.Errorf("%v comes after %v", h, before)
		}
		before = h
	}
}

// checkMask checks that a masked text has as many code points, and asterisks for the hits only.
func checkMask(t *testing.T, spans []match.Span, text string) {
	t.Helper()
	before, after := []rune(text), []rune(match.Mask(text, spans))
	if len(before) != len(after) {
		t.Fatalf("%d code points became %d", len(before), len(after))
	}
	for i := range before {
		hit := slices.ContainsFunc(spans, func(h match.Span) bool { return h.Start <= i && i < h.End })
		if hit && after[i] != '*' || !hit && after[i] != before[i] {
			t.Fatalf("code point %d, %q, is masked as %q", i, before[i], after[i])
		}
	}
}

// FuzzPlainWord checks that a listed word is found wherever it stands between white space, whatever is around.
func FuzzPlainWord(f *testing.F) {
	f.Add("con", "http://a.fr c o", "n @x.fr", false)
	f.Add("été", "l'", "!!! s.v.p", true)
	f.Add("笨蛋", "笨", "蛋", false)
	f.Add("i1l", "a-", "-$", true)
	f.Fuzz(func(t *testing.T, word, before, after string, upper bool) {
		if !isWord(word) || len(word) > 200 {
			return
		}
		m := match.New([]string{word}, nil)
		start := utf8.RuneCountInString(before) + 1
		end := start + utf8.RuneCountInString(word)
		if upper && utf8.RuneCountInString(strings.ToUpper(word)) == end-start && fold.String(strings.ToUpper(word)) == fold.String(word) {
			word = strings.ToUpper(word)
		}
		for _, h := range m.Find(before + " " + word + " " + after) {
			if h.Start <= start && end <= h.End {
				return
			}
		}
		t.Errorf("%q is not found between %q and %q", word, before, after)
	})
}

// isWord says that a text is one word, not several, and nothing but letters.
func isWord(text string) bool {
	noLetter := func(r rune) bool { return !unicode.IsLetter(r) }
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		folded := fold.String(string(r))
		return noLetter(r) || folded == "" || strings.ContainsFunc(folded, noLetter)
	})
}
