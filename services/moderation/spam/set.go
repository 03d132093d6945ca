package spam

// set holds the hashes of a block of words. It lies on the stack.
type set struct{ slots [4 * blockSize]uint64 }

func (s *set) clear() { clear(s.slots[:]) }

// add adds a hash, and answers false when it was there.
func (s *set) add(h uint64) bool {
	h = max(h, 1) // 0 is an empty slot.
	for i := h % uint64(len(s.slots)); ; i = (i + 1) % uint64(len(s.slots)) {
		switch s.slots[i] {
		case h:
			return false
		case 0:
			s.slots[i] = h
			return true
		}
	}
}

const seed uint64 = 0xcbf29ce484222325

// hash adds a character to a hash (FNV-1a, a character at a time).
func hash(h uint64, r rune) uint64 {
	h = (h ^ uint64(r)) * 0x100000001b3
	return h ^ h>>29
}
