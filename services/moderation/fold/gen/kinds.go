package main

import (
	"strings"
	"unicode"

	"github.com/palabre/palabre/services/moderation/fold"
)

// stops end a word for good: see fold.Stop. Typographic forms of quotation marks and brackets are found by their category.
const stops = `.,;:!?'"/\@&` + "…¿¡‚„،؛؟۔।。、"

// kind says what a folded character is in a text.
func kind(r rune) fold.Kind {
	switch {
	case unicode.IsSpace(r):
		return fold.Space
	case unicode.IsLetter(r):
		return fold.Letter
	case unicode.IsNumber(r):
		return fold.Digit
	case unicode.IsMark(r):
		return fold.Mark
	case strings.ContainsRune(stops, r), unicode.In(r, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf):
		return fold.Stop
	}
	return fold.Symbol
}

// unspaced says that a character is of a script that puts no spaces between words.
func unspaced(r rune) bool {
	switch r {
	case 'ー', '\u3099', '\u309a': // Of kana, but common to both.
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func upper(parts []rune) bool {
	for _, r := range parts {
		if unicode.IsUpper(r) || unicode.IsTitle(r) {
			return true
		}
	}
	return false
}
