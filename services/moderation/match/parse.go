package match

import (
	"github.com/palabre/palabre/services/moderation/fold"
)

// longestPhrase is how many words an entry may have.
const longestPhrase = 32

// entryWord is a word of an entry.
type entryWord struct {
	letters []rune
	anchor  anchor
}

// parse answers the words of an entry, or why there are none.
func (b *builder) parse(text string) ([]entryWord, Reason) {
	b.text.Reset(text)
	chars := b.text.Chars
	var words []entryWord
	for i := 0; i < len(chars); {
		if !entryMay(chars, i) {
			i++
			continue
		}
		first := i
		var w entryWord
		i = w.parse(chars, i)
		w.anchor |= anchors(chars, first, i)
		if reason := w.check(chars, i); reason != "" {
			return nil, reason
		}
		words = append(words, w)
	}
	switch {
	case len(words) == 0:
		return nil, NoLetter
	case len(words) > longestPhrase:
		return nil, TooManyWords
	}
	return words, ""
}

// parse reads the word that begins with a character, and answers where it ends.
func (w *entryWord) parse(chars []fold.Char, i int) int {
	for ; i < len(chars); i++ {
		c := chars[i]
		switch {
		case entryMay(chars, i):
			w.letters = append(w.letters, spelledOut(c))
			if c.Flags&fold.Unspaced != 0 {
				w.anchor = unspaced
			}
			continue
		case c.Kind == fold.Space && i > 0 && i+1 < len(chars) && chars[i-1].Flags&chars[i+1].Flags&fold.Unspaced != 0:
			continue
		}
		break
	}
	return i
}

// entryMay says that a character is part of a word of an entry: also a sign that stands for a letter next to one, as in "a$$",
// since the letters left would be another word.
func entryMay(chars []fold.Char, i int) bool {
	c := &chars[i]
	if c.InWord() {
		return true
	}
	before, after := isByLetter(chars, i, -1), isByLetter(chars, i, 1)
	switch c.Rune {
	case '$', '@', '€':
		return before || after
	case '!', '|', '+':
		return before && after
	}
	return false
}

// isByLetter says that a letter stands next to a sign, on one side, or next to a second one like it.
func isByLetter(chars []fold.Char, i, step int) bool {
	next := i + step
	if next >= 0 && next < len(chars) && chars[next].Rune == chars[i].Rune {
		next += step
	}
	return next >= 0 && next < len(chars) && chars[next].Kind == fold.Letter
}

func spelledOut(c fold.Char) rune {
	if c.InWord() {
		return c.Rune
	}
	first, _ := fold.Leet(c.Rune)
	return first
}

// anchors answers which ends of a word of an entry have no star.
func anchors(chars []fold.Char, first, end int) anchor {
	a := whole
	if first > 0 && chars[first-1].Rune == '*' {
		a &^= atStart
	}
	if end < len(chars) && chars[end].Rune == '*' {
		a &^= atEnd
	}
	return a
}

// check answers what is wrong with a word that ends before a character.
func (w *entryWord) check(chars []fold.Char, end int) Reason {
	if w.anchor&unspaced != 0 {
		w.anchor = unspaced
	}
	if len(w.letters) > longestPattern && w.anchor != whole {
		return TooLong
	}
	if end+1 < len(chars) && chars[end].Rune == '*' && chars[end+1].InWord() {
		return StarInside
	}
	return ""
}

// Reason says why an entry can never be found.
type Reason string

// Reasons.
const (
	// NoLetter is for entries without a letter or digit.
	NoLetter Reason = "no_letter"
	// StarInside is for a star between letters: `w*` begins a word and `*w` ends it.
	StarInside Reason = "star_inside"
	// TooLong is for wildcards with more than 63 letters, and scripts without spaces alike.
	TooLong Reason = "too_long"
	// TooManyWords is for phrases of more than 32 words.
	TooManyWords Reason = "too_many_words"
	// NotRead is for links and e-mail addresses, which are not searched.
	NotRead Reason = "not_read"
	// Allowed is for entries that are on the allow list too.
	Allowed Reason = "allowed"
)

// Problem is an entry that can never be found.
type Problem struct {
	// List and Entry are its place among the lists; -1 is the allow list.
	List, Entry int
	Reason      Reason
}

// findUseless adds the entries that are on the allow list too.
func (b *builder) findUseless() {
	for i := range b.m.patterns {
		b.findAllowed(b.m.patterns[i].entries)
	}
	for _, first := range b.m.ends {
		b.findAllowed(first)
	}
}

// findAllowed looks through the entries that are written alike.
func (b *builder) findAllowed(first int32) {
	isAllowed := false
	for e := first; e != 0; e = b.m.entries[e].next {
		isAllowed = isAllowed || b.m.entries[e].list == allowed
	}
	for e := first; e != 0 && isAllowed; e = b.m.entries[e].next {
		if on := b.m.entries[e]; on.list != allowed {
			b.problems = append(b.problems, Problem{int(on.list), int(on.number), Allowed})
		}
	}
}
