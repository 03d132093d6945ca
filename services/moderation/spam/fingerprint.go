package spam

import "github.com/palabre/palabre/services/moderation/fold"

// Fingerprint answers a number that is the same for texts that differ in nothing but case, accents, look-alikes, white space,
// punctuation and emoji, and how many letters and digits it stands for: short texts are sent again for good reasons.
func Fingerprint(text *fold.Text) (fingerprint uint64, size int) {
	fingerprint = seed
	for _, c := range text.Chars {
		if !c.InWord() {
			continue
		}
		r := c.Look
		if r <= 0 {
			r = c.Rune
		}
		fingerprint = hash(fingerprint, r)
		size++
	}
	return fingerprint, size
}
