package screen

import (
	"cmp"
	"slices"
	"sync"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/links"
	"github.com/palabre/palabre/services/moderation/match"
	"github.com/palabre/palabre/services/moderation/spam"
)

// Hit is where a text hits a rule, and why.
type Hit struct {
	// Rule is the rule's id.
	Rule     string
	Category Category
	// Start and End are the part of the text at fault: from the code point Start to the one before End. For repetition and capitals
	// it is the whole text.
	Start, End int
	// Entry is the entry of the rule's list, as it was written there, and Reading how the text was read to be it.
	Entry   string
	Reading match.Reading
	// Count is how many links or mentions there are, Share how much is repeated or in capitals, and Repeated of what.
	Count    int
	Share    float64
	Repeated spam.Kind
}

// Maskable says that the hit is a part of the text, which can be masked without the rest.
func (h Hit) Maskable() bool { return h.Category != Repetition && h.Category != Capitals }

// Mask answers a text with an asterisk for each code point of what was hit, where that is not the whole.
func Mask(text string, hits []Hit) string {
	var spans []match.Span
	for _, h := range hits {
		if h.Maskable() {
			spans = append(spans, match.Span{Start: h.Start, End: h.End})
		}
	}
	return match.Mask(text, spans)
}

var texts = sync.Pool{New: func() any { return new(fold.Text) }}

// Screen answers which rules a text hits, in the order of the text.
func (s *Set) Screen(text string) []Hit {
	if s.Empty() {
		return nil
	}
	t := texts.Get().(*fold.Text)
	defer texts.Put(t)
	t.Reset(text)
	look := screening{set: s, text: t}
	look.all()
	slices.SortStableFunc(look.hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	return look.hits
}

// screening is one text that is looked at.
type screening struct {
	set   *Set
	text  *fold.Text
	links []links.Link
	hits  []Hit
}

func (l *screening) all() {
	if l.set.links {
		l.links = links.Find(l.text)
	}
	l.words()
	l.patterns()
	l.overLimits()
	l.domains()
	l.contacts()
	l.shares()
}

func (l *screening) words() {
	for _, h := range l.set.words.FindIn(l.text, l.links) {
		rule := &l.set.rules.Words[h.List]
		l.hits = append(l.hits, Hit{
			Rule: rule.Rule, Category: Profanity, Start: h.Start, End: h.End, Entry: rule.Entries[h.Entry], Reading: h.Reading,
		})
	}
}

// add adds a hit of a rule that has neither entries nor figures.
func (l *screening) add(rule string, category Category, start, end int) {
	l.hits = append(l.hits, Hit{Rule: rule, Category: category, Start: start, End: end})
}
