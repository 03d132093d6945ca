package fold

// Kind says what a folded character is in a text.
type Kind uint8

// Kinds of characters. Letters, digits and marks make words.
const (
	// Symbol is what may be dropped between the letters of a disguised word: emoji, *, -, _, ~ …
	Symbol Kind = iota
	// Stop is what ends a word for good: . , ; : ! ? ' " ( ) [ ] { } / \ @ & and what Unicode has of their kind.
	Stop
	// Space is white space.
	Space
	// Letter is a letter of any script.
	Letter
	// Digit is a number of any script.
	Digit
	// Mark is a mark that is part of the spelling: vowels of Indic scripts, the voicing of kana.
	Mark
)

// InWord says that a character is part of a word.
func (k Kind) InWord() bool { return k >= Letter }

// Flags say more of a character.
type Flags uint8

const (
	// Upper is for upper case letters.
	Upper Flags = 1 << iota
	// Unspaced is for scripts that put no spaces between words.
	Unspaced
	// Attached is for marks that folding drops: they belong to the character before.
	Attached
)

// Record is what the table holds of a character.
type Record struct {
	Kind  Kind
	Flags Flags
	// Self is for characters that fold to, and look like, themselves.
	Self bool
	// FoldedLen and LookLen count the characters it folds to and looks like, which begin at Folded and Look of all runes of the
	// table. No look is that of the folded characters.
	FoldedLen, LookLen uint8
	Folded, Look       uint16
}

// Char is a character of a folded text.
type Char struct {
	// Rune is the character, folded.
	Rune rune
	// Look is the folded character that it looks like, or what Looks expands.
	Look rune
	// Start and End are where it stands in the text, in code points: a ligature's letters share one place, and marks that were
	// dropped belong to the character before.
	Start, End int32
	Kind       Kind
	Flags      Flags
}

// InWord says that the character is part of a word.
func (c Char) InWord() bool { return c.Kind.InWord() }

// Looks answers the characters that c looks like when they are not exactly one.
func (c Char) Looks() []rune {
	if c.Look >= 0 {
		return nil
	}
	r := &records[-c.Look]
	return runes[r.Look : int(r.Look)+int(r.LookLen)]
}

// recordOf looks a character up.
func recordOf(r rune) uint16 {
	return blocks[int(index[r/blockSize])*blockSize+int(r%blockSize)]
}

// LookOf answers what a folded character looks like in lower case; itself when that is not one character.
func LookOf(r rune) rune {
	record := &records[recordOf(r)]
	if record.LookLen == 1 {
		return runes[record.Look]
	}
	return r
}
