package match

import (
	"testing"
	"unicode"
)

func TestEveryCharacterFoldsToWhatFoldsNoFurther(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		folded := appendFolded(nil, r)
		if len(folded) > longestFolding {
			t.Errorf("%U folds to %d characters", r, len(folded))
		}
		var again []rune
		for _, part := range folded {
			again = appendFolded(again, part)
		}
		if string(again) != string(folded) {
			t.Errorf("%U folds to %q, and that to %q", r, string(folded), string(again))
		}
	}
}

func TestCaseNeverMatters(t *testing.T) {
	const iotaSubscript = '\u0345' // An accent to all but the case tables, where it is an iota.
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			if r == iotaSubscript || other == iotaSubscript {
				continue
			}
			if got, want := string(appendFolded(nil, other)), string(appendFolded(nil, r)); got != want {
				t.Errorf("%U folds to %q, %U to %q", other, got, r, want)
			}
		}
	}
}
