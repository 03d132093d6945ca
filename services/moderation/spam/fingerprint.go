package spam

import "github.com/palabre/palabre/services/moderation/fold"

// Fingerprint answers a number that is the same for texts that differ in nothing but case, accents, look-alikes, leetspeak, letters
// written more than once in a row, white space, punctuation and emoji, and how many letters and digits it stands for. Texts with
// other numbers between their words have another.
func Fingerprint(text *fold.Text) (fingerprint uint64, size int) {
	fingerprint = seed
	var last rune
	wasDigit := false
	for i := range text.Chars {
		r := readAs(text.Chars, i)
		if r == 0 {
			continue
		}
		isDigit := text.Chars[i].Kind == fold.Digit
		if r != last || isDigit && wasDigit {
			fingerprint = hash(fingerprint, r)
			size++
		}
		last, wasDigit = r, isDigit
	}
	return fingerprint, size
}

// readAs answers the letter or digit that a character is read as, 0 for none. All that a digit may be read as is one letter, and no
// two digits are the same.
func readAs(chars []fold.Char, i int) rune {
	c := &chars[i]
	r := c.Rune
	switch {
	case c.InWord():
		r = fold.LookOf(r)
	case c.Look > 0 && c.Look != r:
		r = c.Look // A symbol that is a letter: 🅰.
	case !isSignForLetter(chars, i):
		return 0
	}
	if letter, _ := fold.Leet(r); letter != 0 {
		r = letter
	}
	if r == 'l' {
		r = 'i'
	}
	return r
}

// isSignForLetter says that a sign stands where a letter would: "$alope" and "p!pi", but not "livre!".
func isSignForLetter(chars []fold.Char, i int) bool {
	before := i > 0 && chars[i-1].InWord()
	after := i+1 < len(chars) && chars[i+1].InWord()
	switch chars[i].Rune {
	case '@', '$', '€':
		return after
	case '!', '|', '+':
		return before && after
	}
	return false
}
