package match

// tree holds the patterns that may be a part of a word, by their keys: an automaton of Aho and Corasick, so that a word is read
// once, however many patterns begin within each other. Node 0 is the root.
type tree struct {
	edges index
	nodes []node
	// inside says that some begin within words, spacedOnes and unspacedOnes that some are of words of either kind.
	inside, spacedOnes, unspacedOnes bool
}

// node stands for the first keys of patterns.
type node struct {
	// patterns is the first pattern with just these keys, 0 for none.
	patterns int32
	// shorter is the node of the most of the last of these keys, and ending the first from there on that has patterns; 0 for none.
	shorter, ending int32
	// size is how many keys these are, the last of which is key, after those of parent.
	size   int32
	parent int32
	key    rune
}

// any says whether there is a pattern for a kind of words.
func (t *tree) any(unspaced bool) bool {
	return unspaced && t.unspacedOnes || !unspaced && t.spacedOnes
}

// edge is a hash of a number and what leads on from there, which no other pair has.
func edge(node int32, key rune) uint64 {
	h := (uint64(uint32(node))<<32 | uint64(uint32(key)) + 1) * 0x9e3779b97f4a7c15
	return h ^ h>>32 // The high bits depend on all: bring them to the low ones.
}

// child answers the node one key on, 0 for none.
func (t *tree) child(of int32, key rune) int32 { return t.edges.find(edge(of, key)) }

// grow answers the node one key on, which it makes if need be.
func (t *tree) grow(of int32, key rune) int32 {
	h := edge(of, key)
	child := t.edges.find(h)
	if child == 0 {
		child = int32(len(t.nodes))
		t.nodes = append(t.nodes, node{size: t.nodes[of].size + 1, parent: of, key: key})
		t.edges.put(h, child)
	}
	return child
}

// next answers the node of the most of the last keys of a node and one more.
func (t *tree) next(from int32, key rune) int32 {
	for {
		if child := t.child(from, key); child != 0 || from == 0 {
			return child
		}
		from = t.nodes[from].shorter
	}
}

// join links each node to shorter ones, which come first.
func (t *tree) join() {
	for _, n := range t.bySize() {
		on := &t.nodes[n]
		if on.parent != 0 {
			on.shorter = t.next(t.nodes[on.parent].shorter, on.key)
		}
		on.ending = t.nodes[on.shorter].ending
		if t.nodes[on.shorter].patterns != 0 {
			on.ending = on.shorter
		}
	}
}

// bySize answers the nodes but the root, those of fewer keys first.
func (t *tree) bySize() []int32 {
	var first [longestPattern + 2]int
	for _, n := range t.nodes[1:] {
		first[n.size+1]++
	}
	for size := 1; size < len(first); size++ {
		first[size] += first[size-1]
	}
	order := make([]int32, len(t.nodes)-1)
	for i, n := range t.nodes[1:] {
		order[first[n.size]] = int32(i + 1)
		first[n.size]++
	}
	return order
}
