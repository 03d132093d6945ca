package moderation

import (
	"sync"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/links"
	"github.com/palabre/palabre/services/moderation/match"
)

// reading is a content as all rules of a set read it: folded once, and its links found once.
type reading struct {
	text fold.Text
	// links are its links and e-mail addresses, in their order.
	links []links.Link
	// unread are the parts of it in which no words are looked for.
	unread []match.Span
}

var readings = sync.Pool{New: func() any { return new(reading) }}

// read begins to read a content. It is to be closed.
func read(content string) *reading {
	r := readings.Get().(*reading)
	r.text.Reset(content)
	r.links = links.Find(&r.text)
	r.unread = r.unread[:0]
	for _, l := range r.links {
		if l.Kind != links.Host {
			r.unread = append(r.unread, spanOf(l))
		}
	}
	return r
}

// close gives the reading's memory to the next.
func (r *reading) close() {
	r.links = nil
	readings.Put(r)
}

func spanOf(l links.Link) match.Span { return match.Span{Start: l.Start, End: l.End} }

// linksThat answers where the links are that something is true of.
func (r *reading) linksThat(is func(links.Link) bool) []match.Span {
	var spans []match.Span
	for _, l := range r.links {
		if is(l) {
			spans = append(spans, spanOf(l))
		}
	}
	return spans
}

// isLink says that it is no e-mail address.
func isLink(l links.Link) bool { return l.Kind != links.Email }

func isEmail(l links.Link) bool { return l.Kind == links.Email }

// beyond leaves out the first, up to a limit.
func beyond(limit int32, spans []match.Span) []match.Span {
	return spans[min(int(limit), len(spans)):]
}
