package match_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/palabre/palabre/services/moderation/match"
)

func FuzzFind(f *testing.F) {
	f.Add("zut", "flûte", "Oh ZUT, flûte!")
	f.Add("va au diable\nzut", "zut alors", "va, au  diable; zut alors zut")
	f.Add("한국\nکتاب\nが", "ﷺ", "한국 \u0345ﷺ が \xff\xc0")
	f.Add("a b a", "b a", "a b a b a b")
	f.Fuzz(func(t *testing.T, bad, allowed, text string) {
		m := match.New(strings.Split(bad, "\n"), strings.Split(allowed, "\n"))
		hits := m.Find(text)
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
	for _, entry := range []string{"zut", "va au diable", "Straße", "ŉ", "ﷺ", "İı", "c'est", "①½", "ᾳ̈"} {
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
