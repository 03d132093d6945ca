package match

import (
	"cmp"
	"slices"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/links"
)

// Span is a part of a text: from the code point Start to the one before End.
type Span struct{ Start, End int }

// Hit is where an entry stands in a text, and how the text was read.
type Hit struct {
	Span
	// List and Entry are the place of the entry among the lists.
	List, Entry int
	Reading     Reading
}

// listHit is a Hit in characters of the folded text.
type listHit struct {
	list, number int32
	start, end   int32
	how          Reading
}

// Find answers where the entries stand in a text, in the order of the text, but for its links with a scheme or `www.` and its
// e-mail addresses. Hits of one list may overlap; none is wholly inside another of that list, and none inside an allowed entry.
func (m *Matcher) Find(text string) []Hit {
	if m.Empty() {
		return nil
	}
	t := texts.Get().(*fold.Text)
	defer texts.Put(t)
	t.Reset(text)
	return m.FindIn(t, links.Find(t))
}

// Empty says that nothing is ever found.
func (m *Matcher) Empty() bool { return len(m.patterns) == 1 }

// FindIn is Find in a text that is folded already, and whose links are known.
func (m *Matcher) FindIn(text *fold.Text, of []links.Link) []Hit {
	if m.Empty() {
		return nil
	}
	s := scans.Get().(*scan)
	defer scans.Put(s)
	s.start(m, text, of)
	s.read()
	if len(s.words) == 0 {
		return nil
	}
	s.collect()
	return s.report()
}

// collect turns the words that were found into hits of entries, in order.
func (s *scan) collect() {
	phrased := false
	for _, w := range s.words {
		p := &s.m.patterns[w.pattern]
		phrased = phrased || p.phrased
		s.note(p.entries, w.start, w.end, w.how)
	}
	inOrderOf(s.hits, compareHits)
	if !phrased {
		return
	}
	single := s.hits
	s.hits = s.phrases[:0]
	s.collectPhrases()
	inOrderOf(s.hits, compareHits)
	s.phrases = s.hits
	s.hits = merge(s.merged[:0], single, s.phrases)
	s.merged = single
}

// note notes a hit of entries that are written alike, or finds that it is noted already.
func (s *scan) note(first, start, end int32, how Reading) {
	for e := first; e != 0; e = s.m.entries[e].next {
		on := &s.m.entries[e]
		h := listHit{on.list, on.number, start, end, how}
		if n := len(s.hits); n > 0 && s.hits[n-1].samePlace(h) {
			if compareHits(h, s.hits[n-1]) < 0 {
				s.hits[n-1] = h
			}
			continue
		}
		if len(s.hits) < mostHits {
			s.hits = append(s.hits, h)
		}
	}
}

func (h listHit) samePlace(other listHit) bool {
	return h.list == other.list && h.list != allowed && h.start == other.start && h.end == other.end
}

// inOrderOf sorts what is in order already, mostly.
func inOrderOf[T any](all []T, compare func(a, b T) int) {
	if !slices.IsSortedFunc(all, compare) {
		slices.SortFunc(all, compare)
	}
}

// merge adds two rows that are in order to one.
func merge(to, a, b []listHit) []listHit {
	for len(a) > 0 && len(b) > 0 {
		if compareHits(b[0], a[0]) < 0 {
			to, b = append(to, b[0]), b[1:]
		} else {
			to, a = append(to, a[0]), a[1:]
		}
	}
	return append(append(to, a...), b...)
}

// report answers the hits that count.
func (s *scan) report() []Hit {
	free := 0
	for free < len(s.hits) && s.hits[free].list == allowed {
		free++
	}
	var hits []Hit
	lists := 0
	for rest := s.hits[free:]; len(rest) > 0; lists++ {
		n := 1
		for n < len(rest) && rest[n].list == rest[0].list {
			n++
		}
		hits = s.reportList(hits, rest[:n], s.hits[:free])
		rest = rest[n:]
	}
	if lists > 1 {
		slices.SortStableFunc(hits, func(a, b Hit) int { return inOrder(a.Start, b.Start, b.End, a.End) })
	}
	return hits
}

// compareHits orders hits by their lists, then as they stand in the text, the longest and least disguised first.
func compareHits(a, b listHit) int {
	switch {
	case a.list != b.list:
		return cmp.Compare(a.list, b.list)
	case a.start != b.start || a.end != b.end:
		return inOrder(a.start, b.start, b.end, a.end)
	}
	return inOrder(int32(a.how), int32(b.how), a.number, b.number)
}

// inOrder compares a pair of numbers, and another when those are equal.
func inOrder[N cmp.Ordered](a, b, c, d N) int {
	if a != b {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(c, d)
}

// reportList adds the hits of one list that are inside no other, and inside nothing that is allowed.
func (s *scan) reportList(to []Hit, hits, free []listHit) []Hit {
	var reach int32
	var allowed reaches
	for _, h := range hits {
		for len(free) > 0 && free[0].start <= h.start {
			allowed[free[0].how] = max(allowed[free[0].how], free[0].end)
			free = free[1:]
		}
		if h.end > reach && !allowed.cover(h) {
			to = append(to, s.hit(h))
		}
		reach = max(reach, h.end)
	}
	return to
}

// reaches is how far allowed entries reach that began already, by how they were read.
type reaches [1 << len(readingNames)]int32

// cover says that a hit is inside an allowed entry: one that is as spelled, or stretched, or disguised as the hit is. Otherwise
// "bâtard" would allow "ba$tard", without its $, for "bastard".
func (r *reaches) cover(h listHit) bool {
	for how, end := range r {
		if end >= h.end && Reading(how)&^(h.how|Stretched) == 0 {
			return true
		}
	}
	return false
}

func (s *scan) hit(h listHit) Hit {
	span := Span{int(s.chars[h.start].Start), int(s.chars[h.end-1].End)}
	return Hit{span, int(h.list), int(h.number), h.how}
}
