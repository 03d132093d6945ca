package screen

import (
	"github.com/palabre/palabre/services/moderation/links"
	"github.com/palabre/palabre/services/moderation/spam"
)

// overLimits adds what there is too much of: each link and mention above the limit.
func (l *screening) overLimits() {
	for _, rule := range l.set.rules.URLs {
		count := 0
		for _, link := range l.links {
			if link.Kind != links.Email {
				count++
			}
		}
		l.excess(rule, URLs, count, func(yield func(start, end int)) {
			for _, link := range l.links {
				if link.Kind != links.Email {
					yield(link.Start, link.End)
				}
			}
		})
	}
	for _, rule := range l.set.rules.Mentions {
		mentions := spam.Mentions(l.text)
		l.excess(rule, Mentions, len(mentions), func(yield func(start, end int)) {
			for _, m := range mentions {
				yield(m.Start, m.End)
			}
		})
	}
}

// excess adds those above a limit.
func (l *screening) excess(rule Limit, category Category, count int, each func(yield func(start, end int))) {
	if count <= rule.Limit {
		return
	}
	n := 0
	each(func(start, end int) {
		if n++; n > rule.Limit {
			l.hits = append(l.hits, Hit{Rule: rule.Rule, Category: category, Start: start, End: end, Count: count})
		}
	})
}

// domains adds links that lead where they must not.
func (l *screening) domains() {
	for _, link := range l.links {
		if link.Kind == links.Email {
			continue
		}
		for i, denied := range l.set.deny {
			if denied.Has(link.Domain) {
				l.add(l.set.rules.Deny[i].Rule, Domain, link.Start, link.End)
			}
		}
		for i, only := range l.set.only {
			if !only.Has(link.Domain) {
				l.add(l.set.rules.Only[i].Rule, Domain, link.Start, link.End)
			}
		}
	}
}

// contacts adds ways to get in touch elsewhere.
func (l *screening) contacts() {
	for _, link := range l.links {
		for _, rule := range l.set.rules.Invites {
			if link.IsInvite() {
				l.add(rule, Invite, link.Start, link.End)
			}
		}
		for _, rule := range l.set.rules.Emails {
			if link.Kind == links.Email {
				l.add(rule, Email, link.Start, link.End)
			}
		}
	}
	for _, rule := range l.set.rules.Phones {
		for _, phone := range spam.Phones(l.text) {
			l.add(rule, Phone, phone.Start, phone.End)
		}
	}
}

// fewestLetters is the number of letters from which the share of capitals counts.
const fewestLetters = 12

// shares adds what the text as a whole is.
func (l *screening) shares() {
	for _, rule := range l.set.rules.Repetition {
		if s := spam.Repetition(l.text); s.Reaches(rule.Share) {
			l.hits = append(l.hits, Hit{Rule: rule.Rule, Category: Repetition, End: l.text.Len, Share: s.Value, Repeated: s.Kind})
		}
	}
	for _, rule := range l.set.rules.Capitals {
		capitals, letters := spam.Capitals(l.text)
		fewest := rule.Fewest
		if fewest == 0 {
			fewest = fewestLetters
		}
		if share := float64(capitals) / float64(max(letters, 1)); letters >= fewest && share >= rule.Share-spam.Tolerance {
			l.hits = append(l.hits, Hit{Rule: rule.Rule, Category: Capitals, End: l.text.Len, Share: share})
		}
	}
}
