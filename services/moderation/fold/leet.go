package fold

// Leet answers the letters that a digit or symbol stands for.
func Leet(r rune) (first, second rune) {
	switch r {
	case '0':
		return 'o', 0
	case '1', '!', '|':
		return 'i', 'l'
	case '3', '€':
		return 'e', 0
	case '4', '@':
		return 'a', 0
	case '5', '$':
		return 's', 0
	case '7', '+':
		return 't', 0
	case '8':
		return 'b', 0
	case '9':
		return 'g', 0
	}
	return 0, 0
}
