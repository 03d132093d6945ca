package fold

// Syllables of Hangul are decomposed by arithmetic (Unicode 3.12), as 11,172 records would say no more.
const (
	hangulFirst, hangulLast = '가', '힣'
	leadFirst, vowelFirst   = 'ᄀ', 'ᅡ'
	tailBefore              = 'ᆧ' // A syllable without a tail has tail 0.
	vowelCount, tailCount   = 21, 28
)

func isHangul(r rune) bool { return hangulFirst <= r && r <= hangulLast }

func (t *Text) addHangul(syllable rune) {
	i := syllable - hangulFirst
	t.addSelf(leadFirst + i/(vowelCount*tailCount))
	t.addSelf(vowelFirst + i/tailCount%vowelCount)
	if tail := i % tailCount; tail > 0 {
		t.addSelf(tailBefore + tail)
	}
}

func (t *Text) addSelf(r rune) {
	t.Chars = append(t.Chars, Char{r, r, int32(t.Len), int32(t.Len) + 1, Letter, 0})
}
