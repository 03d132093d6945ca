package match

// Find answers where the entries stand in a text, in the order of the text. Hits may overlap; none is wholly inside
// another, and none inside an allowed entry.
func (m *Matcher) Find(text string) []Hit {
	if len(m.words) == 0 {
		return nil
	}
	// Most texts have few words of the entries, and no long ones: then nothing is allocated.
	var letters [64]byte
	var places [8]place
	var hits []Hit
	r, buffer, row := reader{text: text, limit: m.longest}, letters[:0], places[:0]
	for {
		w, more := r.next(buffer)
		if !more {
			return m.search(row, hits)
		}
		buffer = w.folded
		number, known := m.words[string(w.folded)]
		if !known || w.gap > maxGap {
			hits, row = m.search(row, hits), row[:0]
		}
		if known {
			row = append(row, place{number, w.start, w.end})
		}
	}
}

// place is where a word of the entries stands in a text.
type place struct {
	word       int32
	start, end int
}

// search adds the hits within a row of words that stand as closely as a phrase's.
func (m *Matcher) search(row []place, hits []Hit) []Hit {
	// How far what began before reaches: what ends before that is inside it.
	var found, allowed int
	for i := range row {
		bad, good := m.longestFrom(row[i:])
		allowed = max(allowed, good)
		if bad > found && bad > allowed {
			hits = append(hits, Hit{row[i].start, bad})
		}
		found = max(found, bad)
	}
	return hits
}

// longestFrom answers the ends of the longest entry of each list that begins with the first word of a row; 0 for none.
func (m *Matcher) longestFrom(row []place) (bad, allowed int) {
	var node int32
	for _, p := range row {
		child, ok := m.next[step{node, p.word}]
		if !ok {
			break
		}
		node = child
		if m.ends[node]&onBad != 0 {
			bad = p.end
		}
		if m.ends[node]&onAllowed != 0 {
			allowed = p.end
		}
	}
	return bad, allowed
}
