package screen

import (
	"slices"
	"unicode/utf8"
)

// How much regular expressions are searched in, and how often each counts: what is longer is no message.
const (
	searched    = 10_000
	mostMatches = 100
)

// searchable is a text in UTF-8 and where each of its bytes stands in the text as it was written, in code points.
type searchable struct {
	text       string
	start, end []int32
}

// patterns adds what regular expressions match, in the text as it was written and as it is folded.
func (l *screening) patterns() {
	if len(l.set.patterns) == 0 {
		return
	}
	written, folded := l.written(), l.folded()
	for i := range l.set.patterns {
		p := &l.set.patterns[i]
		first := len(l.hits)
		l.search(p, &written, first)
		if folded.text != written.text && !slices.Contains(l.set.rules.Exact, l.set.rules.Patterns[p.rule].Rule) {
			l.search(p, &folded, first)
		}
	}
}

// search adds what a regular expression matches in one of the two texts, unless it is there already, from first on.
func (l *screening) search(p *pattern, in *searchable, first int) {
	rule := &l.set.rules.Patterns[p.rule]
	for _, at := range p.expression.FindAllStringIndex(in.text, mostMatches) {
		if at[0] == at[1] {
			continue
		}
		h := Hit{Rule: rule.Rule, Category: Pattern, Start: int(in.start[at[0]]), End: int(in.end[at[1]-1]), Entry: rule.Entries[p.entry]}
		if !l.has(h, first) {
			l.hits = append(l.hits, h)
		}
	}
}

func (l *screening) has(h Hit, first int) bool {
	for _, known := range l.hits[first:] {
		if known.Start <= h.Start && h.End <= known.End {
			return true
		}
	}
	return false
}

func (l *screening) written() searchable {
	s := searchable{text: l.text.Source}
	at := int32(0)
	for i, r := range s.text {
		if at == searched {
			s.text = s.text[:i]
			break
		}
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s.text[i:])
		}
		s.add(size, at, at+1)
		at++
	}
	return s
}

func (l *screening) folded() searchable {
	var s searchable
	var text []byte
	for _, c := range l.text.Chars[:min(len(l.text.Chars), searched)] {
		before := len(text)
		text = utf8.AppendRune(text, c.Rune)
		s.add(len(text)-before, c.Start, c.End)
	}
	s.text = string(text)
	return s
}

// add adds a character of as many bytes.
func (s *searchable) add(size int, start, end int32) {
	for range size {
		s.start, s.end = append(s.start, start), append(s.end, end)
	}
}
