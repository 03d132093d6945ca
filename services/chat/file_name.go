package chat

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxFileName is how long a file's name is at most, in bytes: what file systems take.
	maxFileName = 255
	// maxExtension is how long what follows its last dot is, to be kept when a name is shortened.
	maxExtension = 20
	// namelessFile is the name of what has none.
	namelessFile = "file"
)

// cleanFileName makes a name that may be shown, and given to a file on any system: its folders are gone, and what cannot be
// seen, or would turn the text around it, as in a name that seems to end in jpg. Cleaned once more it is the same.
func cleanFileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = norm.NFC.String(strings.Map(seen, name))
	name = strings.Map(savable, name)
	name = shorten(trim(strings.Join(strings.Fields(name), " ")))
	if name == "" {
		return namelessFile
	}
	return name
}

// seen drops what has no look of its own, but for what joins letters of Persian and parts of emojis.
func seen(r rune) rune {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	switch {
	case r == zeroWidthNonJoiner, r == zeroWidthJoiner, unicode.IsSpace(r), unicode.IsPrint(r):
		return r
	default:
		return -1
	}
}

// savable replaces what names of files cannot have on some system.
func savable(r rune) rune {
	if strings.ContainsRune(`<>:"/\|?*`, r) {
		return '_'
	}
	return r
}

// trim takes away what Windows drops at the end.
func trim(name string) string { return strings.TrimSpace(strings.TrimRight(name, ". ")) }

// shorten cuts a name that is too long, before its extension.
func shorten(name string) string {
	if len(name) <= maxFileName {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > maxExtension {
		extension = ""
	}
	end := maxFileName - len(extension)
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return trim(trim(name[:end]) + extension)
}
