package match_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/palabre/palabre/services/moderation/match"
)

// TestDisguisesAreReadAsDefined compares the matcher with the definition, written down as slowly as it reads: every word that the
// text may be cut into is held against a regular expression of the entry. The alphabet has what may be read in several ways.
func TestDisguisesAreReadAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entry := rapid.StringOfN(rapid.SampledFrom([]rune("aailos3")), 2, 5, -1).Draw(t, "entry")
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aaiillooss0113$!@-,* IL")), 1, 9, -1).Draw(t, "text")
		if rapid.Bool().Draw(t, "disguised") {
			text = disguise(t, entry)
		}
		found := len(match.New([]string{entry}, nil).Find(text)) > 0
		if found && !defined(entry, text, true) {
			t.Errorf("%q is found in %q, and should not be", entry, text)
		}
		if !found && defined(entry, text, false) {
			t.Errorf("%q is not found in %q", entry, text)
		}
	})
}

// disguise writes an entry in a way that may be read as it.
func disguise(t *rapid.T, entry string) string {
	forms := map[rune][]string{
		'a': {"a", "A", "4", "@", "aaa", "á"}, 'i': {"i", "1", "!", "iii", "I"}, 'l': {"l", "1", "|", "I", "lll"}, 'o': {"o", "0", "о", "ooo"},
		's': {"s", "5", "$", "ѕ", "S"}, '3': {"3"},
	}
	between := rapid.SampledFrom([]string{"", "", "-", " ", ",", "*"}).Draw(t, "between")
	var parts []string
	for _, r := range entry {
		parts = append(parts, rapid.SampledFrom(forms[r]).Draw(t, "form"))
	}
	return strings.Join(parts, between)
}

// defined says whether a text may be read as an entry. A generous definition may cut any number of signs from a word's ends, a strict one
// none or all.
func defined(entry, text string, generous bool) bool {
	for _, word := range cutWords(text, generous) {
		if readsAs(word, entry) {
			return true
		}
	}
	return false
}

const signs = "@$!|"

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// cutWords answers all words of a text: runs of letters, also with signs, also without the symbols in between, and series of
// single letters.
func cutWords(text string, generous bool) []string {
	text = strings.ReplaceAll(text, "á", "a")
	words := series(text, "")
	words = append(words, series(text, signs)...)
	for _, letters := range []string{"", signs} {
		for _, dropped := range []string{"", "-*$|"} {
			for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !isLetter(r) && !strings.ContainsRune(letters+dropped, r) }) {
				run = strings.Map(func(r rune) rune {
					if !isLetter(r) && !strings.ContainsRune(letters, r) {
						return -1
					}
					return r
				}, run)
				words = append(words, cutEnds(run, generous)...)
			}
		}
	}
	return words
}

// cutEnds answers a word without signs at its ends.
func cutEnds(word string, generous bool) []string {
	all := []string{word, strings.TrimLeft(word, signs), strings.TrimRight(word, signs), strings.Trim(word, signs)}
	for i := 0; generous && i <= len(word); i++ {
		for k := i; k <= len(word); k++ {
			if strings.Trim(word[:i]+word[k:], signs) == "" {
				all = append(all, word[i:k])
			}
		}
	}
	return all
}

// series answers the words that single letters spell, with 1 to 3 other characters between.
func series(text, letters string) []string {
	single := `[\pL\pN` + letters + `]`
	other := `[^\pL\pN` + letters + `]`
	var words []string
	for _, run := range regexp.MustCompile(single+`+(?:`+other+`{1,3}`+single+`+)*`).FindAllString(text, -1) {
		var word string
		for _, part := range append(regexp.MustCompile(other+`+`).Split(run, -1), "long") {
			if len([]rune(part)) == 1 {
				word += part
				continue
			}
			if len([]rune(word)) >= 3 {
				words = append(words, word)
			}
			word = ""
		}
	}
	return words
}

// readsAs says whether a word may be read as an entry, letter by letter.
func readsAs(word, entry string) bool {
	letters, lower, upper := 0, 0, 0
	for _, r := range word {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if unicode.IsUpper(r) {
			upper++
		} else if r != 'l' {
			lower++
		}
	}
	forms := func(r rune) string {
		class := string(r) + strings.ToUpper(string(r)) + map[rune]string{'o': "о", 's': "ѕ"}[r]
		if letters >= 2 {
			class += map[rune]string{'o': "0", 'i': "1", 'l': "1", 'e': "3", 'a': "4", 's': "5"}[r]
		}
		if letters >= 1 {
			class += map[rune]string{'i': "!|", 'l': "!|", 'a': "@", 's': "$"}[r]
		}
		if r == 'l' && lower > 0 {
			class += "I"
		}
		if r == 'i' && upper > 0 && lower == 0 {
			class += "l"
		}
		return "[" + class + "]"
	}
	var pattern strings.Builder
	pattern.WriteString("^")
	stretched := ""
	for _, r := range "ailos013" {
		if regexp.MustCompile(forms(r) + "{3}").MatchString(word) {
			stretched = "+"
		}
	}
	for _, r := range entry {
		pattern.WriteString(forms(r) + stretched)
	}
	return regexp.MustCompile(pattern.String() + "$").MatchString(word)
}
