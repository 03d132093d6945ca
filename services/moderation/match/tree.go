package match

// tree holds the patterns that may be a part of a word, by their keys. Node 0 is the root.
type tree struct {
	edges index
	// patterns is the first pattern of each node, 0 for none.
	patterns []int32
	// inside says that some begin within words, spacedOnes and unspacedOnes that some are of words of either kind.
	inside, spacedOnes, unspacedOnes bool
}

// any says whether there is a pattern for a kind of words.
func (t *tree) any(unspaced bool) bool {
	return unspaced && t.unspacedOnes || !unspaced && t.spacedOnes
}

func edge(node int32, key rune) uint64 {
	return (uint64(uint32(node))<<32 | uint64(uint32(key)) + 1) * 0x9e3779b97f4a7c15
}

// child answers the node one key on, 0 for none.
func (t *tree) child(node int32, key rune) int32 { return t.edges.find(spread(edge(node, key))) }

// grow answers the node one key on, which it makes if need be.
func (t *tree) grow(node int32, key rune) int32 {
	h := spread(edge(node, key))
	child := t.edges.find(h)
	if child == 0 {
		child = int32(len(t.patterns))
		t.patterns = append(t.patterns, 0)
		t.edges.put(h, child)
	}
	return child
}

// spread brings the high bits of a hash, which depend on all, to the low ones.
func spread(h uint64) uint64 { return h ^ h>>32 }
