package match

import (
	"strings"

	"github.com/palabre/palabre/services/moderation/fold"
)

// List is a list of entries. Each is a word, `w*`, `*w` or `*w*` for words that begin with it, end with it or have it anywhere, or
// a phrase of such.
type List struct{ Entries []string }

// Matcher finds the entries it was made of. It never changes, so all may use it at once.
type Matcher struct {
	letters  []entryLetter
	patterns []pattern
	// wholes leads from the keys of whole words, and from what words are that are compared as they are spelled, to the first
	// pattern with them; tree does for parts of words.
	wholes index
	tree   tree
	// phrases leads from a phrase, and the pattern of its next word, to the phrase with that word. 0 is the phrase without words.
	phrases index
	// ends is the first entry that is a phrase.
	ends []int32
	// entries are those of all patterns and phrases.
	entries []entry
	// exact says that there are patterns that are compared as they are spelled, unspaced that some are of scripts without spaces.
	exact, unspaced bool
	// longestRun is the most often that an entry has a letter in a row.
	longestRun int
}

// entry is an entry of a list, and the next that is written alike.
type entry struct {
	list, number int32
	next         int32
}

// allowed is the number of the allow list among lists.
const allowed = -1

// Compile makes a Matcher that finds the entries of lists but where they are part of what an entry of allow finds. It tells of
// entries that can never be found, and leaves them out.
func Compile(lists []List, allow []string) (*Matcher, []Problem) {
	b := builder{m: &Matcher{patterns: make([]pattern, 1), ends: make([]int32, 1), entries: make([]entry, 1)}}
	b.m.tree.nodes = make([]node, 1)
	for i, list := range lists {
		b.addAll(i, list.Entries)
	}
	b.addAll(allowed, allow)
	b.m.tree.join()
	b.findUseless()
	return b.m, b.problems
}

// New makes a Matcher of one list.
func New(bad, allow []string) *Matcher {
	m, _ := Compile([]List{{bad}}, allow)
	return m
}

// CanBeFound says whether an entry can be found in any text.
func CanBeFound(entry string) bool {
	_, reason := new(builder).parse(entry)
	return reason == "" && !isUnread(entry)
}

// builder builds a Matcher.
type builder struct {
	m        *Matcher
	text     fold.Text
	key      []rune
	problems []Problem
	// known are the patterns by their letters and anchors.
	known map[string]int32
	name  []byte
}

func (b *builder) addAll(list int, entries []string) {
	for i, text := range entries {
		if reason := b.add(int32(list), int32(i), text); reason != "" {
			b.problems = append(b.problems, Problem{list, i, reason})
		}
	}
}

// add adds an entry, or answers why it cannot be found.
func (b *builder) add(list, number int32, text string) Reason {
	if isUnread(text) {
		return NotRead
	}
	words, reason := b.parse(text)
	if reason != "" {
		return reason
	}
	m, place := b.m, b.place(words)
	if !m.has(*place, list) {
		m.entries = append(m.entries, entry{list, number, *place})
		*place = int32(len(m.entries) - 1)
	}
	return ""
}

// has says that one of the entries that are written alike is of a list, which need not say so twice.
func (m *Matcher) has(first, list int32) bool {
	for e := first; e != 0; e = m.entries[e].next {
		if m.entries[e].list == list {
			return true
		}
	}
	return false
}

// place answers where the entries of some words are noted.
func (b *builder) place(words []entryWord) *int32 {
	m := b.m
	if len(words) == 1 {
		return &m.patterns[b.pattern(words[0])].entries
	}
	var phrase int32
	for _, w := range words {
		p := b.pattern(w)
		m.patterns[p].phrased = true
		next := m.phrases.find(edge(phrase, p))
		if next == 0 {
			next = int32(len(m.ends))
			m.ends = append(m.ends, 0)
			m.phrases.put(edge(phrase, p), next)
		}
		phrase = next
	}
	return &m.ends[phrase]
}

// pattern answers the pattern of a word, which it makes if need be.
func (b *builder) pattern(w entryWord) int32 {
	b.name = append(append(b.name[:0], byte(w.anchor)), string(w.letters)...)
	if p, ok := b.known[string(b.name)]; ok {
		return p
	}
	m := b.m
	p := int32(len(m.patterns))
	if b.known == nil {
		b.known = map[string]int32{}
	}
	b.known[string(b.name)] = p
	m.patterns = append(m.patterns, pattern{first: int32(len(m.letters)), size: int32(len(w.letters)), anchor: w.anchor})
	run := 0
	for i, r := range w.letters {
		if i > 0 && w.letters[i-1] != r {
			run = 0
		}
		run++
		m.longestRun = max(m.longestRun, run)
		m.letters = append(m.letters, entryLetter{r, fold.LookOf(r)})
	}
	b.link(p, w)
	return p
}

// link makes a pattern known by its keys.
func (b *builder) link(p int32, w entryWord) {
	m := b.m
	if w.anchor != whole {
		b.linkPart(p, w)
		return
	}
	h, crowd := hashSeed, b.countKey(w.letters)
	if crowd >= longestChain || len(w.letters) > longestPattern {
		h, m.exact = exactSeed, true
		for _, r := range w.letters {
			h = hashRune(h, r)
		}
	} else {
		for _, key := range b.key {
			h = hashRune(h, key)
		}
	}
	m.patterns[p].next = m.wholes.find(h)
	m.wholes.put(h, p)
}

// longestChain is how many patterns are compared because they may be alike; further ones are found as they are spelled.
const longestChain = 16

// countKey sets b.key to the keys of some letters, and counts the patterns that have them already.
func (b *builder) countKey(letters []rune) int {
	b.key = b.key[:0]
	h := hashSeed
	for _, r := range letters {
		if key := keyOf(r); len(b.key) == 0 || b.key[len(b.key)-1] != key {
			b.key = append(b.key, key)
			h = hashRune(h, key)
		}
	}
	n := 0
	for p := b.m.wholes.find(h); p != 0; p = b.m.patterns[p].next {
		n++
	}
	return n
}

func (b *builder) linkPart(p int32, w entryWord) {
	m := b.m
	b.countKey(w.letters)
	var node int32
	for _, key := range b.key {
		node = m.tree.grow(node, key)
	}
	m.patterns[p].next, m.tree.nodes[node].patterns = m.tree.nodes[node].patterns, p
	m.unspaced = m.unspaced || w.anchor == unspaced
	m.tree.unspacedOnes = m.unspaced
	m.tree.spacedOnes = m.tree.spacedOnes || w.anchor != unspaced
	m.tree.inside = m.tree.inside || w.anchor&atStart == 0
}

func (m *Matcher) lettersOf(p *pattern) []entryLetter {
	return m.letters[p.first : p.first+p.size]
}

// isUnread says that an entry is what is not read in texts: a link or an e-mail address.
func isUnread(text string) bool {
	return strings.Contains(text, "://") || strings.Contains(text, "@") && strings.Contains(text, ".") || strings.HasPrefix(text, "www.")
}
