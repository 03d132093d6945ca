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

// collect turns the words that were found into hits of entries.
func (s *scan) collect() {
	phrased := false
	for _, w := range s.words {
		p := &s.m.patterns[w.pattern]
		phrased = phrased || p.phrased
		s.note(p.entries, w.start, w.end, w.how)
	}
	if phrased {
		s.collectPhrases()
	}
}

// note notes a hit of entries that are written alike.
func (s *scan) note(first, start, end int32, how Reading) {
	for e := first; e != 0; e = s.m.entries[e].next {
		on := &s.m.entries[e]
		s.hits = append(s.hits, listHit{on.list, on.number, start, end, how})
	}
}

// report answers the hits that count.
func (s *scan) report() []Hit {
	slices.SortFunc(s.hits, func(a, b listHit) int {
		return cmp.Or(cmp.Compare(a.list, b.list), cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end),
			cmp.Compare(a.how, b.how), cmp.Compare(a.number, b.number))
	})
	free := 0
	for free < len(s.hits) && s.hits[free].list == allowed {
		free++
	}
	var hits []Hit
	for rest := s.hits[free:]; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].list == rest[0].list {
			n++
		}
		hits = s.reportList(hits, rest[:n], s.hits[:free])
		rest = rest[n:]
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	return hits
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
