package spam

import "github.com/palabre/palabre/services/moderation/fold"

// Span is a part of a text: from the code point Start to the one before End.
type Span struct{ Start, End int }

// spanOf answers the part of a text that characters from first up to end were written as.
func spanOf(chars []fold.Char, first, end int) Span {
	return Span{int(chars[first].Start), int(chars[end-1].End)}
}
