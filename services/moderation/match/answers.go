package match

import (
	"math/bits"

	"github.com/palabre/palabre/services/moderation/fold"
)

// answers remembers which letters of a pattern a letter of a word may be read as: words that are made to be slow have few
// different letters, many times.
type answers struct {
	pattern int32
	round   uint32
	// turn is another for each pattern and word, so that slots need not be emptied.
	turn  uint32
	slots [32]answer
}

// answer is what is known of a letter: bit n of may says that it may be read as letter n, if that of known says that this was asked.
type answer struct {
	plain, look rune
	turn        uint32
	kind        fold.Kind
	upper       bool
	known, may  uint64
}

// begin begins to compare a word with a pattern.
func (a *answers) begin(p int32, round uint32) {
	if a.pattern != p || a.round != round {
		a.pattern, a.round = p, round
		a.turn++
	}
}

// ask answers as which letters, of those with a bit set, a letter may be read.
func (a *answers) ask(w *word, l *letter, letters []entryLetter, of uint64) uint64 {
	at := &a.slots[uint32(l.plain+l.look)%uint32(len(a.slots))]
	if at.turn != a.turn || at.plain != l.plain || at.look != l.look || at.kind != l.kind || at.upper != l.upper {
		*at = answer{plain: l.plain, look: l.look, turn: a.turn, kind: l.kind, upper: l.upper}
	}
	for rest := of &^ at.known; rest != 0; rest &= rest - 1 {
		if n := bits.TrailingZeros64(rest); w.maybe(l, letters[n]) {
			at.may |= 1 << n
		}
	}
	at.known |= of
	return at.may
}
