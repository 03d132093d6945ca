package httpgw

import "golang.org/x/text/language"

// longestAcceptLanguage bounds the work of reading one; browsers send some 40 bytes.
const longestAcceptLanguage = 200

// languages are those that Palabre speaks; the first for whoever wants none of them.
var languages = language.NewMatcher([]language.Tag{language.English, language.French})

// prefersFrench says whether an Accept-Language header puts French before English.
func prefersFrench(header string) bool {
	if header == "" || len(header) > longestAcceptLanguage {
		return false
	}
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return false
	}
	_, index, _ := languages.Match(wanted...)
	return index == 1
}
