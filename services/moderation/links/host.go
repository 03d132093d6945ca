package links

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/palabre/palabre/services/moderation/fold"
)

// host is what may be the name of a host: words with dots between, from one character up to another.
type host struct {
	first, end int
	// labels counts the words, last is where the last begins, before the one before it.
	labels, last, before int
	// domain is its name as Link has it, once asked for.
	domain string
}

// host reads what may be the name of a host, from its first character.
func (f *finder) host(first int) host {
	h := host{first: first, labels: 1, last: first, before: first}
	i := first
	for ; i < len(f.chars); i++ {
		switch c := &f.chars[i]; {
		case c.InWord(), c.Rune == '-', c.Rune == '_':
			continue
		case isDot(c.Rune) && i+1 < len(f.chars) && f.chars[i+1].InWord():
			h.labels, h.before, h.last = h.labels+1, h.last, i+1
			continue
		}
		break
	}
	for i > first+1 && !f.chars[i-1].InWord() {
		i--
	}
	h.end = i
	f.cutUnspaced(&h)
	return h
}

func isDot(r rune) bool { return r == '.' || r == '。' }

// cutUnspaced takes away what stands around a host without a space in scripts that have none: "看example.com吧".
func (f *finder) cutUnspaced(h *host) {
	unspaced := func(i int) bool { return f.chars[i].Flags&fold.Unspaced != 0 }
	if h.labels == 1 {
		return
	}
	for i := h.first; i < h.end && unspaced(i); i++ {
		if i+1 < h.end && f.chars[i+1].InWord() && !unspaced(i+1) {
			h.before = max(h.before, i+1)
			h.first = i + 1
		}
	}
	for i := h.last + 1; i < h.end; i++ {
		if unspaced(i) && !unspaced(h.last) {
			h.end = i
		}
	}
}

// isHandle says that a name is one of a person, or of a part of an address: @anna.fr.
func (f *finder) isHandle(first int) bool { return first > 0 && f.chars[first-1].Rune == '@' }

// isHost says that a name is one of a host: it begins with www., or ends in a public top-level domain.
func (f *finder) isHost(h *host) bool {
	if f.isWWW(*h) {
		h.domain = f.source.domain(f.chars[h.first:h.end])
		return true
	}
	if h.labels < 2 || f.endsSentence(*h) {
		return false
	}
	h.domain = f.source.domain(f.chars[h.first:h.end])
	tld := h.domain[strings.LastIndexByte(h.domain, '.')+1:]
	return isPublic(tld) && (h.labels > 2 || f.hasTail(h.end) || !f.isOtherThing(*h, tld))
}

func (f *finder) isWWW(h host) bool { return h.labels > 1 && f.reads(h.first, "www.") }

// isPublic says that a top-level domain is one that anybody may have a host in.
func isPublic(tld string) bool {
	if len(tld) < 2 {
		return false
	}
	_, icann := publicsuffix.PublicSuffix("x." + tld)
	return icann
}

// endsSentence says that the dot before the last word, which has a capital first letter, ends a sentence: "c'est la fin.La suite".
// "Exemple.Com" is a host still, "M.Dupont" is none.
func (f *finder) endsSentence(h host) bool {
	if !f.capitalised(h.last, h.end) {
		return false
	}
	return h.end-h.last < 3 || h.last-h.before < 4 || f.chars[h.before].Flags&fold.Upper == 0
}

func (f *finder) capitalised(first, end int) bool {
	return f.chars[first].Flags&fold.Upper != 0 && end-first > 1 && f.chars[first+1].Flags&fold.Upper == 0
}

// isOtherThing says that two words with a dot between are rather a number with its unit, a file, or two sentences.
func (f *finder) isOtherThing(h host, tld string) bool {
	switch tld {
	case "zip", "mov", "py", "sh", "md", "ps": // Files.
		return true
	case "je", "il", "et", "ne", "la": // Words that sentences begin with.
		return true
	}
	return len(tld) == 2 && f.isNumber(h.first, h.last-1)
}

func (f *finder) isNumber(first, end int) bool {
	for _, c := range f.chars[first:end] {
		if c.Kind != fold.Digit {
			return false
		}
	}
	return true
}

// hasTail says that a port or path follows.
func (f *finder) hasTail(at int) bool {
	if at >= len(f.chars) {
		return false
	}
	switch f.chars[at].Rune {
	case '/':
		return true
	case ':', '?', '#':
		return at+1 < len(f.chars) && f.chars[at+1].InWord()
	}
	return false
}

func (f *finder) takeHost(h host) {
	end, path := h.end, h.end
	if f.hasTail(end) {
		for f.chars[path].Rune == ':' || path > h.end && path < len(f.chars) && f.chars[path].Kind == fold.Digit {
			path++
			if path == len(f.chars) {
				break
			}
		}
		end = f.tail(h.end)
	}
	kind := Host
	if f.isWWW(h) {
		kind = WWW
	}
	f.add(kind, h.first, end, min(path, end), h.domain)
}

// takeEmail takes the e-mail address whose @ stands at a character, if a host with a dot follows.
func (f *finder) takeEmail(at int) bool {
	if at+1 >= len(f.chars) || !f.chars[at+1].InWord() {
		return false
	}
	h := f.host(at + 1)
	if h.labels < 2 || h.end-h.last < 2 || f.isNumber(h.last, h.end) || f.endsSentence(h) {
		return false
	}
	first := f.at
	for first > f.after && (f.chars[first-1].InWord() || strings.ContainsRune("+.%-_~=", f.chars[first-1].Rune)) {
		first--
	}
	f.add(Email, first, h.end, h.end, f.source.domain(f.chars[h.first:h.end]))
	return true
}
