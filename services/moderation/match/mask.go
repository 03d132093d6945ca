package match

import (
	"strings"
	"unicode/utf8"
)

// Mask answers a text with an asterisk for each code point of the hits, as Find answers them. What is outside stays as
// and where it is.
func Mask(text string, hits []Hit) string {
	if len(hits) == 0 {
		return text
	}
	var masked strings.Builder
	masked.Grow(len(text))
	for at := 0; text != ""; at++ {
		_, size := utf8.DecodeRuneInString(text)
		for len(hits) > 0 && hits[0].End <= at {
			hits = hits[1:]
		}
		if len(hits) > 0 && hits[0].Start <= at {
			masked.WriteByte('*')
		} else {
			masked.WriteString(text[:size])
		}
		text = text[size:]
	}
	return masked.String()
}
