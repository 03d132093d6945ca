package match

import "slices"

// begun is a phrase of which some words have been found.
type begun struct {
	phrase     int32
	start, end int32
	how        Reading
}

// collectPhrases puts the words that were found together to phrases.
func (s *scan) collectPhrases() {
	inOrderOf(s.words, func(a, b wordHit) int {
		if a.start != b.start || a.end != b.end {
			return inOrder(a.start, b.start, a.end, b.end)
		}
		return inOrder(a.pattern, b.pattern, int32(a.how), int32(b.how))
	})
	s.effort = s.fullEffort()
	open := s.open[:0]
	at := int32(-1)
	for i, w := range s.words {
		if !s.m.patterns[w.pattern].phrased || i > 0 && s.words[i-1].same(w) {
			continue
		}
		if w.start != at {
			at = w.start
			open = slices.DeleteFunc(open, func(p begun) bool { return p.end+maxGap < at })
		}
		open = s.extend(s.extendAll(open, w), begun{start: w.start}, w)
	}
	s.open = open[:0]
}

// extendAll adds the phrases that a word goes on with, each one word longer.
func (s *scan) extendAll(open []begun, w wordHit) []begun {
	end, follows := int32(-1), false
	s.effort -= len(open)
	for _, p := range open[:max(0, min(len(open), s.effort))] {
		if p.end != end {
			end, follows = p.end, s.follows(p.end, w.start)
		}
		if follows {
			open = s.extend(open, p, w)
		}
	}
	return open
}

// same says that a word was found twice, in two readings.
func (w wordHit) same(other wordHit) bool {
	return w.pattern == other.pattern && w.start == other.start && w.end == other.end
}

// extend adds a phrase with one word more, if an entry has it.
func (s *scan) extend(open []begun, p begun, w wordHit) []begun {
	next := s.m.phrases.find(edge(p.phrase, w.pattern))
	if next == 0 {
		return open
	}
	longer := begun{next, p.start, w.end, p.how | w.how}
	s.note(s.m.ends[next], longer.start, longer.end, longer.how)
	return append(open, longer)
}

// follows says that a word of a phrase may begin there when the one before ends there.
func (s *scan) follows(end, start int32) bool {
	if start-end < 1 || start-end > maxGap {
		return false
	}
	for _, c := range s.chars[end:start] {
		if c.InWord() {
			return false
		}
	}
	return true
}
