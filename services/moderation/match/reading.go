package match

import "strings"

// Reading says how a word was read to be an entry, for those who ask why; 0 is as it is spelled.
type Reading uint8

// What a reading may combine.
const (
	// LookAlike is for characters that look like those of the entry.
	LookAlike Reading = 1 << iota
	// Leet is for digits and symbols for letters.
	Leet
	// Stretched is for letters written more often than the entry has them.
	Stretched
	// Spelled is for letters one by one.
	Spelled
	// Joined is for symbols dropped between letters.
	Joined
)

var readingNames = [...]string{"look-alike", "leet", "stretched", "spelled", "joined"}

// String answers "plain", or what the reading combines: "leet+stretched".
func (r Reading) String() string {
	var names []string
	for i, name := range readingNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "plain"
	}
	return strings.Join(names, "+")
}
