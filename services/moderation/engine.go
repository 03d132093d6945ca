package moderation

import (
	"strings"

	"github.com/palabre/palabre/services/moderation/match"
)

// engine finds what the rules of a set look for: the words of all of them at once, and what else there is one by one.
type engine struct {
	words *match.Matcher
	// lists are the rules of the lists of words.
	lists   []int
	seekers []seeker
}

// seeker finds what one rule looks for.
type seeker struct {
	rule int
	seek func(*reading) []match.Span
}

// find answers where rules hit, in no order.
func (e *engine) find(content string) []finding {
	if content == "" || len(e.lists)+len(e.seekers) == 0 {
		return nil
	}
	r := read(content)
	defer r.close()
	var found []finding
	if e.words != nil {
		for _, hit := range e.words.FindIn(&r.text, r.unread) {
			found = append(found, finding{e.lists[hit.List], hit.Start, hit.End, readingName(hit.Reading)})
		}
	}
	for _, s := range e.seekers {
		for _, span := range s.seek(r) {
			found = append(found, finding{rule: s.rule, start: span.Start, end: span.End})
		}
	}
	return found
}

// readingName is what the API calls a reading: look_alike+leet.
func readingName(r match.Reading) string { return strings.ReplaceAll(r.String(), "-", "_") }
