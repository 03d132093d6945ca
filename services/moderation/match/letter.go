package match

import (
	"unicode/utf8"

	"github.com/palabre/palabre/services/moderation/fold"
)

// letter is a character of a word of a text.
type letter struct {
	// plain is the character, folded; look what it looks like, 0 when that is not one character, or when plain is that already.
	plain, look rune
	// key is what it has in common with all it may be read as.
	key rune
	// first and last are where it stands in the folded text: a run may be cut, and two characters look like one.
	first, last int32
	kind        fold.Kind
	upper       bool
}

// set makes l the character at a place of the folded text. Fields one by one: a copy of the whole would wait for them.
func (l *letter) set(c *fold.Char, at int32) {
	l.plain, l.look, l.key = c.Rune, max(c.Look, 0), keyOf(c.Rune)
	l.first, l.last = at, at
	l.kind, l.upper = c.Kind, c.Flags&fold.Upper != 0
}

// standsForLetter says that a character between words may be a letter of one.
func standsForLetter(c *fold.Char) bool {
	if c.InWord() {
		return false
	}
	switch c.Rune {
	case '@', '$', '!', '|', '€', '+':
		return true
	}
	return c.Look != c.Rune
}

// keys are the same for all ASCII characters that one letter may be written with.
var keys = func() (keys [utf8.RuneSelf]rune) {
	for r := range keys {
		keys[r] = rune(r)
		if first, _ := fold.Leet(rune(r)); first != 0 {
			keys[r] = first
		}
	}
	keys['l'] = 'i'
	return keys
}()

// keyOf answers what a character and all that it may be read as have in common.
func keyOf(r rune) rune {
	if r < utf8.RuneSelf {
		return keys[max(r, 0)]
	}
	return keyOfLook(fold.LookOf(r))
}

func keyOfLook(look rune) rune {
	if look < utf8.RuneSelf {
		return keys[max(look, 0)]
	}
	if first, _ := fold.Leet(look); first != 0 {
		return first
	}
	return look
}
