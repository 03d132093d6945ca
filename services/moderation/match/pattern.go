package match

// longestPattern is how many letters a word of an entry may have to be found in disguises; a longer one is found as it is
// spelled. One more is the states of compare.
const longestPattern = 63

// entryLetter is a letter of an entry and what it looks like.
type entryLetter struct{ plain, look rune }

// anchor says which ends of a pattern are those of a word.
type anchor uint8

const (
	atStart anchor = 1 << iota
	atEnd
	// unspaced is for patterns in scripts without spaces, which stand anywhere.
	unspaced

	whole = atStart | atEnd
)

// pattern is a word of entries. All entries with it share it.
type pattern struct {
	// first and size are its letters, in those of the Matcher.
	first, size int32
	// next is the next pattern with the same key, or node of the tree; 0 ends.
	next int32
	// entries is the first entry that is this word alone.
	entries int32
	anchor  anchor
	// phrased says that it is a word of a phrase.
	phrased bool
}

// compare says whether, and how, the letters from first up to end are a pattern: all of them at the ends where it is anchored,
// elsewhere from within the first run of equal keys, which ends at head. It follows all readings at once: bit n is set
// when the letters up to there may be the first n of the pattern.
func (s *scan) compare(w *word, p int32, letters []entryLetter, a anchor, first, head, end int) (Reading, bool) {
	s.trace = s.trace[:0]
	if len(letters) > end-first {
		return 0, false
	}
	s.answers.begin(p, s.round)
	done := uint64(1) << len(letters)
	active := uint64(1)
	for i := first; i < end; i++ {
		if a&atStart == 0 && i < head {
			active |= 1
		}
		s.trace = append(s.trace, active)
		active = s.step(w, active, &w.letters[i], letters)
		if active == 0 && (a&atStart != 0 || i+1 >= head) {
			return 0, false
		}
		if a&atEnd == 0 && active&done != 0 {
			return s.readBack(w, letters, first, i), true
		}
	}
	if active&done == 0 {
		return 0, false
	}
	return s.readBack(w, letters, first, end-1), true
}

// step answers the states after one more letter: it is the next of the pattern, or where words are stretched the same again.
func (s *scan) step(w *word, active uint64, l *letter, letters []entryLetter) uint64 {
	ask := active
	if w.stretched {
		ask |= active >> 1
	}
	may := s.answers.ask(w, l, letters, ask&(1<<len(letters)-1))
	next := (active & may) << 1
	if w.stretched {
		next |= active & (may << 1)
	}
	return next
}

// readBack answers how the letters were read, following the trace back from the last of them.
func (s *scan) readBack(w *word, letters []entryLetter, first, last int) Reading {
	how := w.how
	n := len(letters)
	for i := last; i >= first && n > 0; i-- {
		one, ok := w.read(&w.letters[i], letters[n-1])
		if before := s.trace[i-first]; ok && before&(1<<(n-1)) != 0 {
			n--
		} else {
			how |= Stretched
		}
		how |= one
	}
	return how
}
