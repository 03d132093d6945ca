package spam

import "github.com/palabre/palabre/services/moderation/fold"

// Phones answers where a text has telephone numbers: international ones, which begin with + or 00 and have 8 to 15 digits, French
// ones, British ones that begin with 0, and those written 555-123-4567. Digits stand in groups, with up to two of . - / ( )
// and spaces between.
func Phones(text *fold.Text) []Span {
	var spans []Span
	// Up to behind, groups belong to a number that is none, and only one that begins as telephone numbers do may be one.
	for i, behind := 0, 0; i < len(text.Chars); i++ {
		if !beginsNumber(text.Chars, i) {
			continue
		}
		n := number(text.Chars, i)
		switch {
		case n.isPhone() && (i >= behind || n.beginsAsPhone()):
			spans = append(spans, spanOf(text.Chars, i, n.end))
			i = n.end - 1
		default:
			behind = max(behind, n.end)
			i += n.groups[0] - 1
		}
	}
	return spans
}

func beginsNumber(chars []fold.Char, i int) bool {
	if i > 0 && (chars[i-1].InWord() || chars[i-1].Rune == '+') {
		return false
	}
	r := chars[i].Rune
	return isDigit(r) || (r == '+' || r == '(') && i+1 < len(chars) && isDigit(chars[i+1].Rune)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// digits is a number in groups of digits.
type digits struct {
	plus bool
	// first are the first digits, total counts all.
	first [2]rune
	total int
	// groups are the sizes of the first groups; count counts all.
	groups [8]int
	count  int
	end    int
	// bound says that a letter follows, so that it is something else.
	bound bool
}

// tooLong is where reading a number ends: it is no telephone's.
const tooLong = 18

// number reads the groups of digits that begin at a character.
func number(chars []fold.Char, at int) digits {
	n := digits{plus: chars[at].Rune == '+', end: at}
	i, gap := at, 0
	for ; i < len(chars); i++ {
		r := chars[i].Rune
		switch {
		case isDigit(r) && n.total < tooLong:
			n.digit(r, gap > 0 || n.total == 0)
			gap, n.end = 0, i+1
			continue
		case i == at && (r == '+' || r == '('):
			continue
		case n.total > 0 && gap < 2 && isBetween(r):
			gap++
			continue
		}
		break
	}
	n.bound = n.end < len(chars) && (chars[n.end].InWord() || chars[n.end].Rune == ',' && n.end+1 < len(chars) && isDigit(chars[n.end+1].Rune))
	return n
}

func isBetween(r rune) bool {
	switch r {
	case ' ', '.', '-', '/', '(', ')', '\u2010', '\u2013':
		return true
	}
	return false
}

func (n *digits) digit(r rune, begins bool) {
	if n.total < len(n.first) {
		n.first[n.total] = r
	}
	n.total++
	if begins {
		n.count++
	}
	if n.count <= len(n.groups) {
		n.groups[n.count-1]++
	}
}

func (n *digits) isPhone() bool {
	switch {
	case n.bound || n.total < 8 || n.total > 17:
		return false
	case n.plus:
		return n.total <= 15
	case n.first == [2]rune{'0', '0'}:
		return n.total >= 10
	case n.first[0] == '0':
		return n.total == 10 && !n.isDate() && n.groups[0] > 1 || n.total == 11 && n.groups[0] >= 3
	}
	return n.total == 10 && n.count == 3 && n.groups[0] == 3 && n.groups[1] == 3
}

// beginsAsPhone says that digits before it are another number's: "salle 12 06 12 34 56 78", but not "12 000 000 000".
func (n *digits) beginsAsPhone() bool {
	return n.plus || n.first[0] == '0' && (n.first[1] != '0' || n.count == 1)
}

// isDate says that the number begins as a day, a month and a year.
func (n *digits) isDate() bool { return n.groups[0] == 2 && n.groups[1] == 2 && n.groups[2] == 4 }
