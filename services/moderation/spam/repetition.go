package spam

import "github.com/palabre/palabre/services/moderation/fold"

// Below these sizes a text does not repeat itself.
const (
	fewestWords = 10
	fewestChars = 20
	fewestLines = 5
)

// blockSize is how many words are looked at together. Long texts have the same words again and again without being spam.
const blockSize = 100

// Tolerance is how close to a threshold counts as on it.
const Tolerance = 1e-6

// Kind says what is repeated.
type Kind string

// Kinds of repetition.
const (
	Words Kind = "words"
	Chars Kind = "chars"
	Lines Kind = "lines"
)

// Share is how much of a text is repetition, from 0 to 1, and of what.
type Share struct {
	Kind  Kind
	Value float64
	// Repeated and Total are what the value is the quotient of.
	Repeated, Total int
}

// Repetition answers the greatest share of repetition in a text: words that were there already, characters in one run, or lines
// that were there already.
func Repetition(text *fold.Text) Share {
	greatest := Share{Kind: Words}
	for _, s := range [...]Share{words(text.Chars), run(text.Chars), lines(text.Chars)} {
		if s.Value > greatest.Value {
			greatest = s
		}
	}
	return greatest
}

// Reaches says that the share is at a threshold or above.
func (s Share) Reaches(threshold float64) bool { return s.Value > 0 && s.Value >= threshold-Tolerance }

func share(kind Kind, repeated, total, fewest int) Share {
	s := Share{Kind: kind, Repeated: repeated, Total: total}
	if total >= fewest {
		s.Value = float64(repeated) / float64(total)
	}
	return s
}

// words counts the words that were there before in their block.
func words(chars []fold.Char) Share {
	var seen set
	repeated, total := 0, 0
	for i := 0; i < len(chars); {
		if !chars[i].InWord() {
			i++
			continue
		}
		var h uint64
		h, i = word(chars, i)
		if total%blockSize == 0 {
			seen.clear()
		}
		total++
		if !seen.add(h) {
			repeated++
		}
	}
	return share(Words, repeated, total, fewestWords)
}

// word answers a hash of the word that begins at a character, and where it ends: a run of letters and digits, or one character
// of a script without spaces, with its marks.
func word(chars []fold.Char, first int) (uint64, int) {
	h := hash(seed, chars[first].Rune)
	i := first + 1
	alone := chars[first].Flags&fold.Unspaced != 0
	for ; i < len(chars) && chars[i].InWord(); i++ {
		if c := chars[i]; c.Kind != fold.Mark && (alone || c.Flags&fold.Unspaced != 0) {
			break
		}
		h = hash(h, chars[i].Rune)
	}
	return h, i
}

// run measures the longest run of one character.
func run(chars []fold.Char) Share {
	longest, length, total := 0, 0, 0
	for i, c := range chars {
		if c.Kind == fold.Space {
			length = 0
			continue
		}
		if length == 0 || chars[i-1].Rune != c.Rune {
			length = 0
		}
		total++
		length++
		longest = max(longest, length)
	}
	if longest == 1 {
		longest = 0
	}
	return share(Chars, longest, total, fewestChars)
}

// lines counts the lines that were there before, but for those of white space.
func lines(chars []fold.Char) Share {
	seen := map[uint64]bool{}
	repeated, total := 0, 0
	for first := 0; first < len(chars); {
		var h uint64
		var empty bool
		h, empty, first = line(chars, first)
		if empty {
			continue
		}
		total++
		if seen[h] {
			repeated++
		}
		seen[h] = true
	}
	return share(Lines, repeated, total, fewestLines)
}

// line answers a hash of the line that begins at a character, whether it is empty, and where the next begins. White space at its
// ends does not count.
func line(chars []fold.Char, first int) (h uint64, empty bool, next int) {
	h, empty = seed, true
	held := h
	for i := first; i < len(chars); i++ {
		c := chars[i]
		if isLineEnd(c.Rune) {
			return h, empty, i + 1
		}
		if c.Kind == fold.Space && empty {
			continue
		}
		held = hash(held, c.Rune)
		if c.Kind != fold.Space {
			h, empty = held, false
		}
	}
	return h, empty, len(chars)
}

func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}
