package fold

import (
	"slices"
	"unicode/utf8"
)

// Text is a folded text. The zero value is an empty one.
type Text struct {
	// Chars are its characters.
	Chars []Char
	// Len is how many code points it was written with.
	Len int
	// Source is the text as it was written.
	Source string
}

// New folds a text.
func New(text string) *Text {
	t := &Text{}
	t.Reset(text)
	return t
}

// Reset folds another text in the place of the one before, and needs no memory that the one before had.
func (t *Text) Reset(text string) {
	t.Chars, t.Len, t.Source = slices.Grow(t.Chars[:0], len(text)), 0, text
	for _, r := range text {
		if r < utf8.RuneSelf && ascii[r].Rune != 0 {
			// Fields one by one: a copy of the whole would wait for them.
			t.Chars = append(t.Chars, Char{})
			c, as := &t.Chars[len(t.Chars)-1], &ascii[r]
			c.Rune, c.Look, c.Kind, c.Flags = as.Rune, as.Look, as.Kind, as.Flags
			c.Start, c.End = int32(t.Len), int32(t.Len)+1
		} else {
			t.add(r)
		}
		t.Len++
	}
}

// ascii is what most characters are: all that leave something, as they would stand at the beginning of a text.
var ascii = func() (ascii [utf8.RuneSelf]Char) {
	for r := range ascii {
		t := Text{}
		t.add(rune(r))
		if len(t.Chars) == 1 {
			ascii[r] = t.Chars[0]
		}
	}
	return ascii
}()

// add adds the code point at t.Len.
func (t *Text) add(r rune) {
	n := recordOf(r)
	record, at := &records[n], int32(t.Len)
	switch {
	case isHangul(r):
		t.addHangul(r)
	case record.Self:
		t.Chars = append(t.Chars, Char{r, r, at, at + 1, record.Kind, record.Flags})
	case record.FoldedLen == 1 && record.LookLen <= 1:
		t.Chars = append(t.Chars, Char{runes[record.Folded], record.look(), at, at + 1, record.Kind, record.Flags})
	case record.FoldedLen > 0:
		t.addParts(record, n, at)
	case record.Flags&Attached != 0 && len(t.Chars) > 0:
		t.Chars[len(t.Chars)-1].End = at + 1
	}
}

// look answers what a character looks like that folds to one.
func (r *Record) look() rune {
	if r.LookLen == 1 {
		return runes[r.Look]
	}
	return runes[r.Folded]
}

// addParts adds a code point that folds to, or looks like, several characters.
func (t *Text) addParts(record *Record, number uint16, at int32) {
	parts := runes[record.Folded : int(record.Folded)+int(record.FoldedLen)]
	for i, part := range parts {
		c := Char{part, LookOf(part), at, at + 1, records[recordOf(part)].Kind, record.Flags}
		switch {
		case record.LookLen == record.FoldedLen:
			c.Look = runes[int(record.Look)+i]
		case record.LookLen > 0 && i == 0:
			c.Look = -rune(number)
		case record.LookLen > 0:
			c.Look = Nothing
		}
		t.Chars = append(t.Chars, c)
	}
}

// Nothing is the look of a character that looks like nothing, because the one before looks like both.
const Nothing = 0

// String answers the folded text.
func (t *Text) String() string {
	b := make([]byte, 0, len(t.Chars))
	for _, c := range t.Chars {
		b = utf8.AppendRune(b, c.Rune)
	}
	return string(b)
}

// String folds a text.
func String(text string) string { return New(text).String() }
