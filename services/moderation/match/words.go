package match

import (
	"unicode"
	"unicode/utf8"
)

// word is a word of a text and where it stands there.
type word struct {
	// folded is the word, folded, in UTF-8.
	folded []byte
	// start and end are in code points of the text.
	start, end int
	// gap is how many characters that can be seen stand between the word before and this one.
	gap int
}

// reader reads a text word by word. It allocates nothing but what words need that are longer than the buffer.
type reader struct {
	text string
	// limit is the length in bytes from which words are all alike: such a word is cut, to more than limit.
	limit int

	// rest is where the unread part of text begins, in bytes; at is the same in code points.
	rest, at int
	// folding[used:folded] is what is left of the code point before at: a ligature may hold the end of one word and the
	// beginning of the next.
	folding      [longestFolding]rune
	used, folded int
	// marked is the end of the last code point that folded to nothing and is a mark on the one before.
	marked int
}

// next answers the next word, written over buffer, and false when there is none.
func (r *reader) next(buffer []byte) (word, bool) {
	w := word{folded: buffer[:0]}
	for !r.atWord() {
		if !r.skip() {
			return w, false
		}
		w.gap++
	}
	w.start = r.at - 1
	for r.atWord() {
		if len(w.folded) <= r.limit {
			w.folded = utf8.AppendRune(w.folded, r.folding[r.used])
		}
		w.end = r.at
		r.used++
	}
	w.end = max(w.end, r.marked)
	return w, true
}

// atWord says whether a character of a word comes next.
func (r *reader) atWord() bool { return r.fill() && inWord(r.folding[r.used]) }

// skip passes the next character, and answers false at the end of the text.
func (r *reader) skip() bool {
	more := r.fill()
	r.used++
	return more
}

// fill folds code points until there is a character to read, and answers false at the end of the text.
func (r *reader) fill() bool {
	for r.used >= r.folded {
		if r.rest == len(r.text) {
			return false
		}
		r.used = 0
		r.at++
		c, size := utf8.DecodeRuneInString(r.text[r.rest:])
		r.rest += size
		r.folded = len(appendFolded(r.folding[:0], c))
		if r.folded == 0 && unicode.IsMark(c) {
			r.marked = r.at
		}
	}
	return true
}
