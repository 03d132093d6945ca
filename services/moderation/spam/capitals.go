package spam

import (
	"unicode"

	"github.com/palabre/palabre/services/moderation/fold"
)

// Capitals answers how many letters a text has of those that have two cases, and how many are capitals.
func Capitals(text *fold.Text) (capitals, letters int) {
	for i, c := range text.Chars {
		switch {
		case i > 0 && c.Start == text.Chars[i-1].Start: // Of a ligature.
		case c.Kind != fold.Letter:
		case c.Flags&fold.Upper != 0:
			capitals++
			letters++
		case c.Rune < unicode.MaxASCII || unicode.ToUpper(c.Rune) != c.Rune:
			letters++
		}
	}
	return capitals, letters
}
