package match

import "math"

// maxGap is how many characters may stand between two words of a phrase.
const maxGap = 3

// Matcher finds the words and phrases it was made of. It never changes, so all may use it at once.
type Matcher struct {
	// words numbers the folded words of all entries.
	words map[string]int32
	// next leads from a node of the tree of entries to the node of one word more.
	next map[step]int32
	// ends says for each node what entries end there; node 0 is the root.
	ends []list
	// longest is the length of the longest word, in bytes.
	longest int
}

// step is a node and the number of the word that follows there.
type step struct{ node, word int32 }

// list is the set of lists an entry is on.
type list uint8

const (
	onBad list = 1 << iota
	onAllowed
)

// Hit is where a word or phrase stands in a text: from the code point Start to the one before End.
type Hit struct{ Start, End int }

// New makes a Matcher that finds the entries of bad but where they are part of what is an entry of allowed. An entry is a
// word, or a phrase: words with 1 to 3 characters between them, whichever. One without a letter or digit is never found.
func New(bad, allowed []string) *Matcher {
	m := &Matcher{words: make(map[string]int32, len(bad)+len(allowed)), next: map[step]int32{}, ends: make([]list, 1)}
	for _, entry := range bad {
		m.add(entry, onBad)
	}
	for _, entry := range allowed {
		m.add(entry, onAllowed)
	}
	return m
}

// CanBeFound says whether an entry has a letter or digit.
func CanBeFound(entry string) bool {
	r := reader{text: entry}
	_, ok := r.next(nil)
	return ok
}

func (m *Matcher) add(entry string, on list) {
	r := reader{text: entry, limit: math.MaxInt}
	var node int32
	for w, ok := r.next(nil); ok; w, ok = r.next(nil) {
		node = m.child(node, m.number(w.folded))
	}
	if node > 0 {
		m.ends[node] |= on
	}
}

// number answers the number of a word, which it gives it if need be.
func (m *Matcher) number(folded []byte) int32 {
	n, known := m.words[string(folded)]
	if !known {
		n = int32(len(m.words))
		m.words[string(folded)] = n
		m.longest = max(m.longest, len(folded))
	}
	return n
}

// child answers the node that a word leads to, which it makes if need be.
func (m *Matcher) child(node, word int32) int32 {
	child, known := m.next[step{node, word}]
	if !known {
		child = int32(len(m.ends))
		m.next[step{node, word}] = child
		m.ends = append(m.ends, 0)
	}
	return child
}
