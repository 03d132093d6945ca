package audience

import (
	"encoding/base64"
	"strings"

	"github.com/palabre/palabre/internal/auth"
)

// statsToken is where the lists of a page of AnnouncementStats begin.
type statsToken struct{ readers, nonReaders Place }

// Between the places is what no user id has in it; in place of a list that has ended, too.
const (
	betweenPlaces = "\n"
	endedPlace    = "."
)

// String is the token as it travels, before it is made opaque.
func (t statsToken) String() string {
	return t.readers.text() + betweenPlaces + t.nonReaders.text()
}

func (p Place) text() string {
	if p.Ended {
		return endedPlace
	}
	return p.After
}

// parseStatsToken reads what String wrote; an empty token is before the first page.
func parseStatsToken(token string) (statsToken, error) {
	if token == "" {
		return statsToken{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return statsToken{}, invalidPageToken()
	}
	readers, nonReaders, _ := strings.Cut(string(text), betweenPlaces)
	var t statsToken
	if t.readers, err = parsePlace(readers); err != nil {
		return statsToken{}, err
	}
	t.nonReaders, err = parsePlace(nonReaders)
	return t, err
}

func parsePlace(text string) (Place, error) {
	switch {
	case text == endedPlace:
		return Place{Ended: true}, nil
	case auth.ValidUserID(text):
		return Place{After: text}, nil
	}
	return Place{}, invalidPageToken()
}
