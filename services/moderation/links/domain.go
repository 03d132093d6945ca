package links

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/palabre/palabre/services/moderation/fold"
)

// source is a text as it was written, read forwards.
type source struct {
	text string
	// at is a place in it: in code points, and in bytes.
	at, bytes int
}

// slice answers a part of the text, in code points, which does not begin before the last one asked for.
func (s *source) slice(start, end int) string {
	s.forward(start)
	from := *s
	s.forward(end)
	to := s.bytes
	*s = from
	return s.text[from.bytes:to]
}

func (s *source) forward(to int) {
	for s.at < to && s.bytes < len(s.text) {
		_, size := utf8.DecodeRuneInString(s.text[s.bytes:])
		s.bytes += size
		s.at++
	}
}

// domain answers the name that characters write: as they were written, since other accents are another domain.
func (s *source) domain(chars []fold.Char) string {
	return ASCII(s.slice(int(chars[0].Start), int(chars[len(chars)-1].End)))
}

// ASCII answers a domain in lower case and punycode, and one that is not well-formed in lower case.
func ASCII(domain string) string {
	lower := strings.ToLower(strings.TrimSuffix(domain, "."))
	if isASCII(lower) {
		return lower
	}
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	return lower
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Domains is a set of domains, each with those below it.
type Domains struct{ names map[string]bool }

// NewDomains makes a set, and answers the numbers of the entries that are no domains. "*.exemple.fr" is "exemple.fr".
func NewDomains(entries []string) (*Domains, []int) {
	d := &Domains{make(map[string]bool, len(entries))}
	var bad []int
	for i, entry := range entries {
		name := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(entry), "*"), "."), ".")
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil || ascii == "" {
			bad = append(bad, i)
			continue
		}
		d.names[ascii] = true
	}
	return d, bad
}

// Has says whether a domain, as Link has it, is one of the set or below one.
func (d *Domains) Has(domain string) bool {
	for name := domain; ; {
		if d.names[name] {
			return true
		}
		_, parent, below := strings.Cut(name, ".")
		if !below {
			return false
		}
		name = parent
	}
}
