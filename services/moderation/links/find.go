package links

import (
	"strings"

	"github.com/palabre/palabre/services/moderation/fold"
)

// Kind says how a link is written.
type Kind uint8

// Kinds of links.
const (
	// URL has a scheme.
	URL Kind = iota
	// WWW is a host that begins with www.
	WWW
	// Host is a bare host.
	Host
	// Email is an e-mail address, which is no link.
	Email
)

// Link is a link or an e-mail address in a text.
type Link struct {
	// Start and End are where it stands: from the code point Start to the one before End.
	Start, End int
	Kind       Kind
	// Domain is where it leads, in lower case and ASCII (punycode); Path what follows, folded, if anything: "/invite".
	Domain, Path string
}

// Find answers the links and e-mail addresses of a text in their order.
func Find(text *fold.Text) []Link {
	f := finder{chars: text.Chars, source: source{text: text.Source}}
	if !f.mayHaveSome() {
		return nil
	}
	for f.at < len(f.chars) {
		f.next()
	}
	return f.links
}

// finder finds the links of one text.
type finder struct {
	chars  []fold.Char
	source source
	// at is the character to go on from, after is where the link before ended.
	at, after int
	links     []Link
}

// mayHaveSome says that there is a dot between letters, or a scheme: most texts have neither.
func (f *finder) mayHaveSome() bool {
	for i := 1; i+1 < len(f.chars); i++ {
		switch f.chars[i].Rune {
		case '.', '。':
			if f.chars[i-1].InWord() && f.chars[i+1].InWord() {
				return true
			}
		case ':':
			if f.chars[i+1].Rune == '/' {
				return true
			}
		}
	}
	return false
}

// next takes the link that begins at a character, or passes the word that does.
func (f *finder) next() {
	if n := f.scheme(f.at); n > 0 {
		f.takeURL(n)
		return
	}
	if !f.chars[f.at].InWord() {
		f.at++
		return
	}
	h := f.host(f.at)
	switch {
	case h.end < len(f.chars) && f.chars[h.end].Rune == '@' && f.takeEmail(h.end):
	case f.isHandle(h.first), !f.isHost(&h):
		f.at = f.pass(h)
	default:
		f.takeHost(h)
	}
}

// pass answers where to go on behind what is no host: a scheme may begin within it, as the last word of it.
func (f *finder) pass(h host) int {
	for i := max(h.first, h.end-len("https")); i < h.end; i++ {
		if i > h.first && f.scheme(i) > 0 {
			return i
		}
	}
	return h.end
}

// scheme answers the length of the scheme that begins at a character, 0 when none does.
func (f *finder) scheme(at int) int {
	for _, scheme := range [...]string{"http://", "https://", "ftp://"} {
		if f.reads(at, scheme) {
			return len(scheme)
		}
	}
	return 0
}

// reads says that an ASCII text begins at a character.
func (f *finder) reads(at int, text string) bool {
	if at+len(text) > len(f.chars) {
		return false
	}
	for i := range len(text) {
		if f.chars[at+i].Rune != rune(text[i]) {
			return false
		}
	}
	return true
}

// takeURL takes the link whose scheme has n characters, if anything follows.
func (f *finder) takeURL(n int) {
	first := f.at
	f.at += n
	end, named := f.tail(f.at), false
	for _, c := range f.chars[f.at:end] {
		named = named || c.InWord()
	}
	if !named {
		return
	}
	host, path := f.at, f.at
	for path < end && f.chars[path].Rune != '/' && f.chars[path].Rune != '?' && f.chars[path].Rune != '#' {
		if f.chars[path].Rune == '@' { // What is before is a user's name.
			host = path + 1
		}
		path++
	}
	name := path
	for i := host; i < path; i++ {
		if f.chars[i].Rune == ':' {
			name = i
			break
		}
	}
	domain := ""
	if host < name {
		domain = f.source.domain(f.chars[host:name])
	}
	f.add(URL, first, end, path, domain)
}

// tail answers where a link ends that goes on at a character: at white space, angle brackets or quotation marks, or the next scheme.
func (f *finder) tail(at int) int {
	for i := at; i < len(f.chars); i++ {
		switch f.chars[i].Rune {
		case '<', '>', '"', '«', '»', '“', '”', '„':
			return i
		}
		if f.chars[i].Kind == fold.Space || f.scheme(i) > 0 {
			return i
		}
	}
	return len(f.chars)
}

// add adds a link that stands from one character up to another, and goes on behind. What ends a sentence is not shown as a part
// of it.
func (f *finder) add(kind Kind, first, end, path int, domain string) {
	last := end
	for last > first+1 && f.chars[last-1].Kind == fold.Stop && f.chars[last-1].Rune != '/' {
		last--
	}
	l := Link{Start: int(f.chars[first].Start), End: int(f.chars[last-1].End), Kind: kind, Domain: domain}
	if path < last {
		l.Path = f.path(path, min(last, path+longestPath))
	}
	f.links = append(f.links, l)
	f.at, f.after = end, end
}

func (f *finder) path(first, end int) string {
	var path strings.Builder
	for _, c := range f.chars[first:end] {
		path.WriteRune(c.Rune)
	}
	return path.String()
}

// longestPath is how much of a path is kept: enough to tell an invitation.
const longestPath = 32
