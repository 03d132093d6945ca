package match

import (
	"sync"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/links"
)

// maxGap is how many characters may stand between two words of a phrase, or two letters of a spelled word.
const maxGap = 3

// How many letters are compared with those of parts of words, and then how many words with those of phrases: for each character of a
// text, and of one that is short.
const (
	effortPerLetter = 12
	leastEffort     = 32_768
)

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
	// effort is how much more may be tried with parts of words, and then with phrases: lists of many that are within each other
	// would make it their number times the length of the text.
	effort int
	// round counts readings of words; found are patterns that were found in this one, and answers what was asked of its letters.
	round   uint32
	found   [64]foundPart
	answers answers
	words   []wordHit
	open    []begun
	// hits are those of entries; phrases and merged are memory for those of phrases, and for both together.
	hits, phrases, merged []listHit
}

var (
	scans = sync.Pool{New: func() any { return new(scan) }}
	texts = sync.Pool{New: func() any { return new(fold.Text) }}
)

// start begins to read a text, but for links that are not bare hosts and e-mail addresses: they are neither words nor what stands
// between words.
func (s *scan) start(m *Matcher, text *fold.Text, of []links.Link) {
	s.m, s.chars, s.words, s.hits = m, text.Chars, s.words[:0], s.hits[:0]
	s.effort = s.fullEffort()
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

func (s *scan) fullEffort() int { return leastEffort + effortPerLetter*len(s.chars) }

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
			found.signs = found.signs || standsForLetter(c) && (len(s.series) > 0 || s.touchesWord(i) || s.wordFollows(i))
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

// touchesWord says that a sign may be part of a word: it is a letter by itself, or next to what words are made of.
func (s *scan) touchesWord(i int) bool {
	if s.chars[i].Look != s.chars[i].Rune {
		return true
	}
	return i > 0 && inDisguise(s.chars[i-1].Kind) || i+1 < len(s.chars) && inDisguise(s.chars[i+1].Kind)
}

// wordFollows says that a sign may be the first of a series of single letters.
func (s *scan) wordFollows(i int) bool {
	for _, c := range s.chars[i+1 : min(len(s.chars), i+2+maxGap)] {
		if c.InWord() {
			return true
		}
	}
	return false
}

func inDisguise(k fold.Kind) bool { return k.InWord() || k == fold.Symbol }

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
		if run[i].plain != c.Rune || run[i].look != max(c.Look, 0) || run[i].upper != (c.Flags&fold.Upper != 0) {
			return false
		}
	}
	return true
}
