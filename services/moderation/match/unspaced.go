package match

import "github.com/palabre/palabre/services/moderation/fold"

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
