package match

import (
	"unicode/utf8"

	"github.com/palabre/palabre/services/moderation/fold"
)

// wordHit is a pattern in a text: in characters of the folded text, with the one after the last.
type wordHit struct {
	pattern    int32
	start, end int32
	how        Reading
}

// How many words, and then entries, are found in one text: several for each word of one that is much longer than any message.
const (
	mostWords = 100_000
	mostHits  = 100_000
)

// keyStep is one key of a word and the letters that share it: up to end, from the end of the step before.
type keyStep struct {
	key rune
	end int32
}

// find finds the patterns that a word may be read as: from the keys of its letters, and from those of their looks where they
// differ.
func (s *scan) find(w word) {
	s.findByKeys(&w)
	if s.m.exact && w.plain {
		s.findExact(&w)
	}
	if s.looksOtherwise(w.letters) {
		s.findByKeys(&word{letters: s.look, how: w.how | LookAlike, unspaced: w.unspaced, looks: true})
	}
}

// findByKeys finds the patterns that have the keys of a word.
func (s *scan) findByKeys(w *word) {
	s.round++
	if s.m.tree.any(w.unspaced) {
		s.climb(w)
	}
	if w.unspaced {
		return
	}
	h, before := hashSeed, rune(-1)
	for i := range w.letters {
		if key := w.letters[i].key; key != before {
			h, before = hashRune(h, key), key
		}
	}
	for p := s.m.wholes.find(h); p != 0; p = s.m.patterns[p].next {
		s.try(w, p, 0, 0, len(w.letters))
	}
}

// split cuts the letters of a word where their keys change.
func (s *scan) split(w *word) {
	s.steps = s.steps[:0]
	for i := range w.letters {
		key := w.letters[i].key
		if n := len(s.steps); n > 0 && s.steps[n-1].key == key {
			s.steps[n-1].end++
			continue
		}
		s.steps = append(s.steps, keyStep{key, int32(i + 1)})
	}
}

// climb finds the patterns that may be a part of a word.
func (s *scan) climb(w *word) {
	s.split(w)
	tree := &s.m.tree
	at := int32(0)
	for k := range s.steps {
		if tree.inside {
			at = tree.next(at, s.steps[k].key)
		} else if at = tree.child(at, s.steps[k].key); at == 0 {
			return
		}
		for n := at; n != 0 && s.effort > 0; n = tree.nodes[n].ending {
			if tree.nodes[n].patterns != 0 {
				s.tryParts(w, &tree.nodes[n], k)
			}
		}
	}
}

// tryParts tries the patterns of a node, the last key of which is that of a step.
func (s *scan) tryParts(w *word, n *node, last int) {
	i, first := last+1-int(n.size), 0
	if i > 0 {
		first = int(s.steps[i-1].end)
	}
	head, end := int(s.steps[i].end), int(s.steps[last].end)
	for p := n.patterns; p != 0 && s.effort > 0; p = s.m.patterns[p].next {
		s.effort--
		if a := s.m.patterns[p].anchor; w.fits(a, first, end) && !s.isFound(p, a) {
			s.try(w, p, first, head, end)
			s.effort -= len(s.trace)
		}
	}
}

// fits says that a pattern may stand from the letter first up to end.
func (w *word) fits(a anchor, first, end int) bool {
	if w.unspaced || a == unspaced {
		return w.unspaced && a == unspaced && (end == len(w.letters) || w.letters[end].kind != fold.Mark)
	}
	return (a&atStart == 0 || first == 0) && (a&atEnd == 0 || end == len(w.letters))
}

// try adds a pattern when letters of the word may be read as it.
func (s *scan) try(w *word, p int32, first, head, end int) {
	if len(s.words) == mostWords {
		return
	}
	w.weigh()
	pattern := &s.m.patterns[p]
	how, ok := s.compare(w, p, s.m.lettersOf(pattern), pattern.anchor, first, head, end)
	if !ok {
		return
	}
	if pattern.anchor != unspaced {
		first, end = 0, len(w.letters)
	}
	s.words = append(s.words, wordHit{p, w.letters[first].first, w.letters[end-1].last + 1, how})
	if how == w.how {
		s.found[p%int32(len(s.found))] = foundPart{p, s.round}
	}
}

// foundPart is a pattern that was found in a word, and the round of that word.
type foundPart struct {
	pattern int32
	round   uint32
}

// isFound says that a pattern was found in this word, in no disguise but that of the word: to find it again says nothing new.
func (s *scan) isFound(p int32, a anchor) bool {
	return a != unspaced && s.found[p%int32(len(s.found))] == foundPart{p, s.round}
}

// findExact finds the patterns that are compared letter by letter only.
func (s *scan) findExact(w *word) {
	h := exactSeed
	for i := range w.letters {
		h = hashRune(h, w.letters[i].plain)
	}
	for p := s.m.wholes.find(h); p != 0; p = s.m.patterns[p].next {
		if letters := s.m.lettersOf(&s.m.patterns[p]); len(s.words) < mostWords && equal(w.letters, letters) {
			s.words = append(s.words, wordHit{p, w.letters[0].first, w.letters[len(w.letters)-1].last + 1, w.how})
		}
	}
}

func equal(letters []letter, entry []entryLetter) bool {
	if len(letters) != len(entry) {
		return false
	}
	for i := range letters {
		if letters[i].plain != entry[i].plain {
			return false
		}
	}
	return true
}

// looksOtherwise writes what letters look like to s.look, when that has other keys: a capital Greek nu looks like N, a small one
// like v. Two v may be a w, and a word that begins with rn begins with m.
func (s *scan) looksOtherwise(letters []letter) bool {
	otherwise := len(letters) > 1 && letters[0].plain == 'r' && letters[1].plain == 'n'
	for i := range letters {
		if l := &letters[i]; l.plain >= utf8.RuneSelf {
			otherwise = otherwise || keyOfLook(l.look) != l.key
		} else if l.plain == 'v' && i > 0 && letters[i-1].plain == 'v' {
			otherwise = true
		}
	}
	if !otherwise {
		return false
	}
	s.look = s.look[:0]
	for i := 0; i < len(letters); i++ {
		i = s.addLook(letters, i)
	}
	return len(s.look) > 0
}

// addLook adds what a letter, perhaps with the next, looks like, and answers the last it took.
func (s *scan) addLook(letters []letter, i int) int {
	l := letters[i]
	two := func(a, b rune) bool {
		return i+1 < len(letters) && l.plain == a && letters[i+1].plain == b
	}
	switch {
	case two('v', 'v'):
		l.last = letters[i+1].last
		s.addLookRune('w', l)
		return i + 1
	case i == 0 && two('r', 'n'):
		l.last = letters[1].last
		s.addLookRune('m', l)
		return i + 1
	case l.plain < utf8.RuneSelf:
		s.look = append(s.look, l)
	case l.look != 0:
		s.addLookRune(l.look, l)
	default:
		for _, r := range s.chars[l.first].Looks() {
			s.addLookRune(r, l)
		}
	}
	return i
}

func (s *scan) addLookRune(r rune, of letter) {
	kind := of.kind
	if !kind.InWord() {
		kind = fold.Letter
	}
	s.look = append(s.look, letter{r, 0, keyOfLook(r), of.first, of.last, kind, of.upper})
}
