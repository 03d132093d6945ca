package moderation

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/links"
	"github.com/palabre/palabre/services/moderation/match"
)

// engineBuilder gathers what the rules of a set look for.
type engineBuilder struct {
	set *ruleSet
	// lists are the words of rules, and fields what they are called in the rules.
	lists  []match.List
	fields []string
	wrong  violations
}

// addAll adds the settings, and the rules besides.
func (b *engineBuilder) addAll() {
	said := b.set.said
	b.addSetting(ruleBadWords, len(said.GetBadWords()) > 0, func(rule int) {
		b.addWords(rule, "bad_words", said.GetBadWords())
	})
	b.addSpam(said.GetSpamRules())
	for i, r := range said.GetRules() {
		b.addRule(fmt.Sprintf("rules[%d]", i), r)
	}
}

func (b *engineBuilder) addSpam(spam *moderationv1.SpamRules) {
	if spam == nil {
		return
	}
	b.addSetting(ruleURLLimit, spam.UrlLimit != nil, func(rule int) {
		b.addSeeker(rule, func(r *reading) []match.Span { return beyond(spam.GetUrlLimit(), r.linksThat(isLink)) })
	})
}

// addSetting adds a setting, unless it is off.
func (b *engineBuilder) addSetting(id string, isOn bool, add func(rule int)) {
	said := saidOf(b.set.said, id)
	if !isOn || said.GetIsDisabled() {
		return
	}
	add(b.add(newRule(id, settings[id], said)))
}

// addRule adds a rule that is no setting.
func (b *engineBuilder) addRule(at string, r *moderationv1.Rule) {
	k, looks := kindOf(r)
	if _, isSetting := settings[r.GetId()]; isSetting || !looks {
		return
	}
	if r.GetIsDisabled() {
		b.check(at, r)
		return
	}
	rule := b.add(newRule(r.GetId(), k, r))
	switch m := r.GetMatch().(type) {
	case *moderationv1.Rule_Words:
		b.addWords(rule, at+".words.entries", m.Words.GetEntries())
	case *moderationv1.Rule_Domains:
		b.addDomains(rule, at+".domains", m.Domains)
	case *moderationv1.Rule_Contacts:
		b.addContacts(rule, m.Contacts)
	case *moderationv1.Rule_NewcomerLinks:
		b.addSeeker(rule, func(r *reading) []match.Span { return r.linksThat(isLink) })
	}
}

// check looks for what is wrong with a rule that is off.
func (b *engineBuilder) check(at string, r *moderationv1.Rule) {
	on := proto.CloneOf(r)
	on.IsDisabled = false
	aside := engineBuilder{set: &ruleSet{said: &moderationv1.Rules{}}}
	aside.addRule(at, on)
	b.wrong = append(b.wrong, aside.build()...)
}

// add adds a rule to the set, and answers its place.
func (b *engineBuilder) add(r *rule) int {
	b.set.rules = append(b.set.rules, r)
	return len(b.set.rules) - 1
}

func (b *engineBuilder) addSeeker(rule int, seek func(*reading) []match.Span) {
	b.set.engine.seekers = append(b.set.engine.seekers, seeker{rule, seek})
}

func (b *engineBuilder) addWords(rule int, field string, entries []string) {
	b.lists = append(b.lists, match.List{Entries: entries})
	b.fields = append(b.fields, field)
	b.set.engine.lists = append(b.set.engine.lists, rule)
}

// addDomains adds links to hosts. Where some are allowed, links to all others hit.
func (b *engineBuilder) addDomains(rule int, at string, list *moderationv1.DomainList) {
	denied := b.domains(at+".denied", list.GetDenied())
	allowed := b.domains(at+".allowed", list.GetAllowed())
	isExclusive := len(list.GetAllowed()) > 0
	b.addSeeker(rule, func(r *reading) []match.Span {
		return r.linksThat(func(l links.Link) bool {
			return isLink(l) && (denied.Has(l.Domain) || isExclusive && !allowed.Has(l.Domain))
		})
	})
}

func (b *engineBuilder) domains(field string, entries []string) *links.Domains {
	domains, wrong := links.NewDomains(entries)
	for _, i := range wrong {
		b.wrong = append(b.wrong, violation{field: fmt.Sprintf("%s[%d]", field, i), description: "is no domain, such as example.org"})
	}
	return domains
}

func (b *engineBuilder) addContacts(rule int, c *moderationv1.Contacts) {
	b.addSeeker(rule, func(r *reading) []match.Span {
		return r.linksThat(func(l links.Link) bool {
			return c.GetInvites() && l.IsInvite() || c.GetEmailAddresses() && isEmail(l)
		})
	})
}

// build finishes the set's engine, and answers what was wrong.
func (b *engineBuilder) build() violations {
	matcher, problems := match.Compile(b.lists, b.set.said.GetAllowList())
	if !matcher.Empty() {
		b.set.engine.words = matcher
	}
	for _, p := range problems {
		field := "allow_list"
		if p.List >= 0 {
			field = b.fields[p.List]
		}
		b.wrong = append(b.wrong, violation{fmt.Sprintf("%s[%d]", field, p.Entry), neverFound[p.Reason], true})
	}
	return b.wrong
}

// neverFound says why an entry can never be found.
var neverFound = map[match.Reason]string{
	match.NoLetter:     "is never found, as it has no letter or digit",
	match.StarInside:   "is never found, as it has a star between letters: w* is for words that begin with w, *w for those that end with it",
	match.TooLong:      "is never found, as it has a star and more than 63 letters",
	match.TooManyWords: "is never found, as it has more than 32 words",
	match.NotRead:      "is never found, as links and e-mail addresses are not searched for words: give their domain to a rule of domains",
	match.Allowed:      "is never found, as the allow list has it too",
}
