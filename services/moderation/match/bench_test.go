package match_test

import (
	"fmt"
	"testing"

	"github.com/palabre/palabre/services/moderation/match"
)

// disguised is 200 bytes of what is hardest to read.
const disguised = "с.о.n v@ 4u d1@bl3, s-4-l-0-p-3 c0оооn*n@rd!! 🅲🅾🅽 $@l0p€ m3rd333!!! c o n n a r d vvank rnerd3 ᴄᴏɴ p!p!!! e-n-c-u-l-é НОВ"

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{0, 1_000, 100_000} {
		m := match.New(invented(n), nil)
		wild := match.New(wildcards(n), nil)
		for name, text := range map[string]string{"prose": prose, "disguised": disguised} {
			for kind, m := range map[string]*match.Matcher{"words": m, "wildcards": wild} {
				b.Run(fmt.Sprintf("%s/%s=%d", name, kind, n), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						m.Find(text)
					}
				})
			}
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for name, entries := range map[string][]string{"words": invented(100_000), "stars": wildcards(100_000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				match.New(entries, nil)
			}
		})
	}
}

// wildcards is n words with stars.
func wildcards(n int) []string {
	entries := invented(n)
	for i, word := range entries {
		entries[i] = fmt.Sprintf([]string{"*%s*", "%s*", "*%s"}[i%3], word)
	}
	return entries
}
