package match

import (
	"strings"
	"unicode/utf8"
)

// Spans answers the parts of a text that hits are.
func Spans(hits []Hit) []Span {
	spans := make([]Span, len(hits))
	for i, h := range hits {
		spans[i] = h.Span
	}
	return spans
}

// Mask answers a text with an asterisk for each code point of parts of it, which are in the order of their beginnings. What is
// outside stays as and where it is.
func Mask(text string, parts []Span) string {
	if len(parts) == 0 {
		return text
	}
	var masked strings.Builder
	masked.Grow(len(text))
	for at := 0; text != ""; at++ {
		_, size := utf8.DecodeRuneInString(text)
		for len(parts) > 0 && parts[0].End <= at {
			parts = parts[1:]
		}
		if len(parts) > 0 && parts[0].Start <= at {
			masked.WriteByte('*')
		} else {
			masked.WriteString(text[:size])
		}
		text = text[size:]
	}
	return masked.String()
}
