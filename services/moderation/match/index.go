package match

const (
	hashSeed  uint64 = 0xcbf29ce484222325
	exactSeed uint64 = 0x9e3779b97f4a7c15
)

// hashRune adds a character to a hash (FNV-1a, a character at a time).
func hashRune(h uint64, r rune) uint64 {
	h = (h ^ uint64(r)) * 0x100000001b3
	return h ^ h>>29
}

// index leads from hashes to numbers other than 0. Its size is a power of two, at most half of it used.
type index struct {
	slots []slot
	used  int
}

type slot struct {
	hash  uint64
	value int32
}

// find answers the number of a hash, 0 for none.
func (x *index) find(hash uint64) int32 {
	if len(x.slots) == 0 {
		return 0
	}
	return x.at(hash).value
}

// at answers where a hash is, or would be.
func (x *index) at(hash uint64) *slot {
	mask := uint64(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := &x.slots[i]; s.value == 0 || s.hash == hash {
			return s
		}
	}
}

// put gives a hash a number.
func (x *index) put(hash uint64, value int32) {
	if 2*x.used >= len(x.slots) {
		x.grow()
	}
	at := x.at(hash)
	if at.value == 0 {
		x.used++
	}
	*at = slot{hash, value}
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, max(16, 2*len(old)))
	for _, s := range old {
		if s.value != 0 {
			*x.at(s.hash) = s
		}
	}
}
