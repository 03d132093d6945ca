package match

import "github.com/palabre/palabre/services/moderation/fold"

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
