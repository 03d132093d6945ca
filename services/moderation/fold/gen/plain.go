package main

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// appendFolded appends what a character is compared as: decomposed (NFKD), without marks that are not part of a letter,
// case folded. That is nothing for a character that is not seen, and several for a ligature.
func appendFolded(to []rune, r rune) []rune {
	if r < utf8.RuneSelf {
		return appendASCII(to, r)
	}
	if unseen(r) {
		return to
	}
	parts := norm.NFKD.PropertiesString(string(r)).Decomposition()
	if parts == nil {
		return appendPart(to, r)
	}
	for _, part := range string(parts) {
		to = appendPart(to, part)
	}
	return to
}

func appendASCII(to []rune, r rune) []rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return append(to, r+('a'-'A'))
	case r < ' ' && unseen(r) || r == '\x7f':
		return to
	}
	return append(to, r)
}

// appendPart appends a character that cannot be decomposed.
func appendPart(to []rune, r rune) []rune {
	if attached(r) || unseen(r) {
		return to
	}
	// Of the letters that are one but for their case, ς, σ and Σ, the lower case of the upper case is the same.
	return appendLetter(to, unicode.ToLower(unicode.ToUpper(r)))
}

// appendLetter appends a lower case letter, or what is written for it where it is not at hand.
func appendLetter(to []rune, r rune) []rune {
	switch r {
	case 'œ':
		return append(to, 'o', 'e')
	case 'æ':
		return append(to, 'a', 'e')
	case 'ß':
		return append(to, 's', 's')
	case 'ø':
		return append(to, 'o')
	case 'ł':
		return append(to, 'l')
	case 'đ':
		return append(to, 'd')
	case 'ʼ': // A letter to Unicode, an apostrophe to people.
		return append(to, '\'')
	}
	return append(to, r)
}

// attached says that a mark is put on letters without being part of their spelling: accents, Hebrew and Arabic points,
// strokes and enclosing marks. Vowels of Indic scripts and the voicing of kana stay; canonical combining classes
// (Unicode 4.3) tell them apart.
func attached(r rune) bool {
	if r < 0x300 || !unicode.Is(unicode.M, r) {
		return false
	}
	class := norm.NFKD.PropertiesString(string(r)).CCC()
	return class == 1 || 10 <= class && class <= 36 || class >= 200 || unicode.Is(unicode.Me, r)
}

// unseen says that a character leaves no trace between its neighbours: default ignorable code points, controls but white
// space, and the Arabic tatweel, which only stretches a word.
func unseen(r rune) bool {
	const tatweel = 'ـ'
	switch {
	case r < 0xa0:
		return unicode.IsControl(r) && !unicode.IsSpace(r)
	case r == tatweel:
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
