package match

import (
	"github.com/palabre/palabre/services/moderation/fold"
)

// word is one way to read a part of a text, and what the readings of its letters depend on.
type word struct {
	letters []letter
	// how is what made it a word.
	how Reading
	// plain says that it is what the text has as a word, unspaced that it is of a script without spaces, looks that the letters
	// are what those of the text look like.
	plain, unspaced, looks bool

	// weighed says that the rest is known, which only words need that may be an entry.
	weighed bool
	// real counts letters that are letters; lower and upper those of each case, but for l.
	real, lower, upper int
	// stretched says that three letters in a row may be one.
	stretched bool
}

// weigh finds out what the readings of the letters depend on.
func (w *word) weigh() {
	if w.weighed {
		return
	}
	w.weighed = true
	for i := range w.letters {
		switch l := &w.letters[i]; {
		case l.kind != fold.Letter:
			if !l.kind.InWord() && l.look != l.plain {
				w.real++ // A symbol that is a letter by itself: 🅰.
			}
		case l.upper:
			w.real++
			w.upper++
		default:
			w.real++
			if l.plain != 'l' {
				w.lower++
			}
		}
	}
	for i := 2; i < len(w.letters) && !w.stretched; i++ {
		three := w.letters[i-2 : i+1]
		w.stretched = three[0].key == three[1].key && three[1].key == three[2].key && w.sameThree(three)
	}
}

// sameThree says whether three letters may be read as the same.
func (w *word) sameThree(three []letter) bool {
	l := three[0]
	first, second := fold.Leet(l.plain)
	for _, as := range [...]rune{l.plain, l.look, first, second} {
		if as == 0 {
			continue
		}
		e := entryLetter{as, as}
		if w.maybe(&three[0], e) && w.maybe(&three[1], e) && w.maybe(&three[2], e) {
			return true
		}
	}
	return false
}

func (w *word) maybe(l *letter, e entryLetter) bool {
	_, ok := w.read(l, e)
	return ok
}

// read says whether, and how, a letter of the word may be read as one of an entry.
func (w *word) read(l *letter, e entryLetter) (Reading, bool) {
	switch {
	case l.plain == e.plain:
		return 0, true
	case w.leet(l, l.plain, e.plain):
		return Leet, true
	case l.look != 0 && l.look == e.look, w.looks && l.plain == e.look, (e.plain == 'i' || e.plain == 'l') && w.looksLikeStroke(l):
		return LookAlike, true
	case l.look != l.plain && w.leet(l, l.look, e.plain):
		return LookAlike | Leet, true
	}
	return 0, false
}

// looksLikeStroke says that a letter may be an i as well as an l: both are strokes. A capital I is no l in a word of
// capitals, nor a small l an i in one of small letters: "MAI" is not "mal", nor "colt" "coït".
func (w *word) looksLikeStroke(l *letter) bool {
	switch l.plain {
	case 'i':
		return l.look != 'i' || l.upper && w.lower > 0
	case 'l':
		return l.look != 'l' || !l.upper && w.upper > 0 && w.lower == 0
	}
	return l.look == 'i' || l.look == 'l'
}

// leet says that a digit or symbol stands for a letter: digits in words of two letters, symbols in words of one.
func (w *word) leet(l *letter, written, meant rune) bool {
	if l.kind != fold.Letter && l.kind != fold.Digit && w.real < 1 || l.kind == fold.Digit && w.real < 2 {
		return false
	}
	first, second := fold.Leet(written)
	return meant != 0 && (first == meant || second == meant)
}
