package match

import (
	"sync"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/links"
)

// maxGap is how many characters may stand between two words of a phrase, or two letters of a spelled word.
const maxGap = 3

// scan reads one text in every way. Its memory serves many texts, one after the other.
type scan struct {
	m     *Matcher
	chars []fold.Char
	// blanked holds chars when parts of them are not read.
	blanked []fold.Char

	letters, look, series []letter
	// seriesEnd is where the last letter of the series stands; seriesSymbols says that some are symbols.
	seriesEnd     int
	seriesSymbols bool

	trace []uint64
	steps []keyStep
	words []wordHit
	hits  []listHit
	open  []begun
}

var (
	scans = sync.Pool{New: func() any { return new(scan) }}
	texts = sync.Pool{New: func() any { return new(fold.Text) }}
)

// start begins to read a text, but for links that are not bare hosts and e-mail addresses: they are neither words nor what stands
// between words.
func (s *scan) start(m *Matcher, text *fold.Text, of []links.Link) {
	s.m, s.chars, s.words, s.hits = m, text.Chars, s.words[:0], s.hits[:0]
	if len(of) == 0 {
		return
	}
	s.blanked = append(s.blanked[:0], text.Chars...)
	s.chars = s.blanked
	i := 0
	for _, link := range of {
		for i < len(s.chars) && int(s.chars[i].Start) < link.Start {
			i++
		}
		for ; i < len(s.chars) && int(s.chars[i].Start) < link.End && link.Kind != links.Host; i++ {
			c := &s.chars[i]
			c.Rune, c.Look, c.Kind, c.Flags = 0, 0, fold.Stop, 0
		}
	}
}

// read reads the text in every way: word by word, then with what may stand for a letter, then without symbols in between.
func (s *scan) read() {
	seen := s.plainWords()
	if seen.signs {
		s.segments(true, false)
	}
	if seen.joints {
		s.segments(false, true)
	}
	if seen.signs && seen.joints {
		s.segments(true, true)
	}
	if seen.unspaced && s.m.unspaced {
		s.unspacedRuns()
	}
}

// seen says what a text has that may disguise words.
type seen struct{ signs, joints, unspaced bool }

// plainWords reads the words of the text as it is.
func (s *scan) plainWords() (found seen) {
	s.series = s.series[:0]
	for i := 0; i < len(s.chars); {
		c := &s.chars[i]
		if !spaced(c) {
			found.signs = found.signs || standsForLetter(c) && (len(s.series) > 0 || s.touchesWord(i))
			found.joints = found.joints || c.Kind == fold.Symbol && s.isJoint(i)
			found.unspaced = found.unspaced || c.Flags&fold.Unspaced != 0
			i++
			continue
		}
		first := i
		s.letters = s.letters[:0]
		for ; i < len(s.chars) && spaced(&s.chars[i]); i++ {
			s.addLetter(i)
		}
		s.find(word{letters: s.letters, plain: true})
		s.spell(first, i-1, false)
	}
	s.endSeries(false)
	return found
}

// touchesWord says that a sign may be part of a word: it is a letter by itself, or next to one.
func (s *scan) touchesWord(i int) bool {
	if s.chars[i].Look != s.chars[i].Rune {
		return true
	}
	return i > 0 && s.chars[i-1].InWord() || i+1 < len(s.chars) && s.chars[i+1].InWord()
}

// isJoint says that what a symbol stands between may be letters of one word.
func (s *scan) isJoint(i int) bool {
	return i > 0 && i+1 < len(s.chars) && s.chars[i-1].Kind != fold.Space && s.chars[i+1].Kind != fold.Space
}

// spaced says that a character is part of a word that has a beginning and an end.
func spaced(c *fold.Char) bool { return c.InWord() && c.Flags&fold.Unspaced == 0 }

// addLetter adds a character to the word being read. Of a run of one character no more is read than tells it from any that an
// entry has.
func (s *scan) addLetter(i int) {
	c, n, enough := &s.chars[i], len(s.letters), s.m.longestRun+3
	if n >= enough && s.letters[n-1].plain == c.Rune && sameRun(s.letters[n-enough:], c) {
		s.letters[n-1].last = int32(i)
		return
	}
	s.letters = append(s.letters, letter{})
	s.letters[n].set(c, int32(i))
}

func sameRun(run []letter, c *fold.Char) bool {
	for i := len(run) - 1; i >= 0; i-- {
		if run[i].plain != c.Rune || run[i].look != max(c.Look, 0) {
			return false
		}
	}
	return true
}

// segments reads words that the text has only with signs for letters, or without the symbols in between.
func (s *scan) segments(signs, dropped bool) {
	s.series, s.seriesSymbols = s.series[:0], false
	for i := 0; i < len(s.chars); {
		if !s.mayBegin(i, signs) {
			i++
			continue
		}
		i = s.segment(i, signs, dropped)
	}
	if signs && !dropped {
		s.endSeries(true)
	}
}

func (s *scan) mayBegin(i int, signs bool) bool {
	c := &s.chars[i]
	return spaced(c) || signs && standsForLetter(c)
}

// segment reads the word that begins with a character, and answers where the next may.
func (s *scan) segment(first int, signs, dropped bool) int {
	s.letters = s.letters[:0]
	var hasSign, hasGap, waiting bool
	i, last := first, first
	for ; i < len(s.chars); i++ {
		switch c := &s.chars[i]; {
		case s.mayBegin(i, signs):
			hasSign = hasSign || !c.InWord()
			hasGap, waiting = hasGap || waiting, false
			s.addLetter(i)
			last = i
			continue
		case dropped && c.Kind == fold.Symbol:
			waiting = true
			continue
		}
		break
	}
	if hasSign == signs && hasGap == dropped {
		s.findTrimmed(dropped)
	}
	if signs && !dropped {
		s.spell(first, last, true)
	}
	return i
}

// findTrimmed finds a word with and without the signs at its ends, which may be none: "con!".
func (s *scan) findTrimmed(joined bool) {
	how := Reading(0)
	if joined {
		how = Joined
	}
	starts, ends := s.cuts(0, 1), s.cuts(len(s.letters)-1, -1)
	for _, first := range starts {
		for _, last := range ends {
			if end := len(s.letters) - last; first >= 0 && last >= 0 && first < end {
				s.find(word{letters: s.letters[first:end], how: how})
			}
		}
	}
}

// cuts answers how much may be cut from an end: nothing, all signs, or all but those alike next to the word; -1 for what is no
// other way.
func (s *scan) cuts(from, step int) [3]int {
	at := func(n int) *letter { return &s.letters[from+n*step] }
	n := 0
	for n < len(s.letters) && !at(n).kind.InWord() && at(n).look == at(n).plain {
		n++
	}
	if n == 0 || n == len(s.letters) {
		return [3]int{0, -1, -1}
	}
	alike := n - 1
	for alike > 0 && at(alike-1).plain == at(n-1).plain {
		alike--
	}
	if alike == 0 {
		alike = -1
	}
	return [3]int{0, alike, n}
}

// spell takes a word into the series of single letters when it is one, and ends the series when it is not.
func (s *scan) spell(first, last int, signs bool) {
	single := s.chars[first].Start == s.chars[last].Start
	if n := first - s.seriesEnd - 1; len(s.series) > 0 && (!single || n < 1 || n > maxGap) {
		s.endSeries(signs)
	}
	if !single {
		return
	}
	s.series = append(s.series, s.letters...)
	s.seriesEnd = last
	s.seriesSymbols = s.seriesSymbols || !s.chars[first].InWord()
}

// endSeries finds the word that three or more single letters spell. A second reading, with signs, is only for those that
// have some.
func (s *scan) endSeries(signs bool) {
	if len(s.series) >= 3 && (!signs || s.seriesSymbols) {
		s.find(word{letters: s.series, how: Spelled})
	}
	s.series, s.seriesSymbols = s.series[:0], false
}

// unspacedRuns reads the words that have characters of scripts without spaces. White space between two of these is none.
func (s *scan) unspacedRuns() {
	s.letters = s.letters[:0]
	for i := 0; i < len(s.chars); i++ {
		if s.chars[i].InWord() {
			s.addLetter(i)
			continue
		}
		gap := i
		for i+1 < len(s.chars) && !s.chars[i+1].InWord() {
			i++
		}
		if !s.isNone(gap, i+1) {
			s.endUnspaced()
		}
	}
	s.endUnspaced()
}

// isNone says that what stands from one character up to another is white space between two characters of scripts without it.
func (s *scan) isNone(first, end int) bool {
	if first == 0 || end == len(s.chars) || s.chars[first-1].Flags&s.chars[end].Flags&fold.Unspaced == 0 {
		return false
	}
	for _, c := range s.chars[first:end] {
		if c.Kind != fold.Space {
			return false
		}
	}
	return true
}

func (s *scan) endUnspaced() {
	if len(s.letters) > 0 {
		s.find(word{letters: s.letters, unspaced: true})
	}
	s.letters = s.letters[:0]
}
