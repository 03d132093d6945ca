package spam

import "github.com/palabre/palabre/services/moderation/fold"

// Mentions answers where a text mentions someone: an @ that follows no letter or digit, and the word behind it.
func Mentions(text *fold.Text) []Span {
	var spans []Span
	chars := text.Chars
	for i := 0; i+1 < len(chars); i++ {
		if chars[i].Rune != '@' || !chars[i+1].InWord() || i > 0 && chars[i-1].InWord() {
			continue
		}
		end := i + 1
		for end < len(chars) && (chars[end].InWord() || inName(chars, end)) {
			end++
		}
		spans = append(spans, spanOf(chars, i, end))
	}
	return spans
}

// inName says that a character between letters is part of a name.
func inName(chars []fold.Char, i int) bool {
	switch chars[i].Rune {
	case '.', '-', '_':
		return i+1 < len(chars) && chars[i+1].InWord()
	}
	return false
}
