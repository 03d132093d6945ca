package audience

import (
	"context"

	"golang.org/x/text/language"
	"google.golang.org/grpc/metadata"
)

// longestAcceptLanguage bounds the work of reading one; browsers send some 40 bytes.
const longestAcceptLanguage = 200

// languages are those that Palabre speaks; the first for whoever wants none of them.
var languages = language.NewMatcher([]language.Tag{language.English, language.French})

// inFrench says whether the caller puts French before English, as the accept-language of their call says.
func inFrench(ctx context.Context) bool {
	header := metadata.ValueFromIncomingContext(ctx, "accept-language")
	if len(header) != 1 || len(header[0]) > longestAcceptLanguage {
		return false
	}
	wanted, _, err := language.ParseAcceptLanguage(header[0])
	if err != nil {
		return false
	}
	_, index, _ := languages.Match(wanted...)
	return index == 1
}
