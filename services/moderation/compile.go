package moderation

import (
	"fmt"
	"strings"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/screen"
)

// compile makes rules ready to judge by, and says what is wrong with them. Those that are harmed by it cannot be judged by.
// It copies them.
func compile(said *moderationv1.Rules) (*ruleSet, violations) {
	if said == nil {
		said = &moderationv1.Rules{}
	}
	set := &ruleSet{said: completed(said), byID: map[string]*rule{}}
	set.limitsRepeats = set.isEnabled() && set.limit(ruleRepeat, spamRules(set.said).RepeatLimit) != nil
	wrong := checkRules(set.said)
	c := newCompiler(set)
	c.addSettings()
	for i, r := range set.said.GetRules() {
		c.addRule(fmt.Sprintf("rules[%d]", i), r)
	}
	wrong = append(wrong, c.build()...)
	if !set.isEnabled() {
		set.byID, set.screen = nil, nil // They were looked through for what is wrong with them, and are not kept.
	}
	return set, wrong
}

// compiler turns rules into what a screen.Set is compiled from.
type compiler struct {
	set   *ruleSet
	rules screen.Rules
	// fields are the paths of what is in rules, in the order in which it is there.
	fields map[screen.Field][]string
	wrong  violations
}

func newCompiler(set *ruleSet) *compiler {
	return &compiler{
		set:    set,
		rules:  screen.Rules{Allow: set.said.GetAllowList()},
		fields: map[screen.Field][]string{screen.FieldAllow: {"allow_list"}},
	}
}

// addSettings adds the settings that are on, with what is said of them.
func (c *compiler) addSettings() {
	said, spam := c.set.said, c.set.said.GetSpamRules()
	if words := said.GetBadWords(); len(words) > 0 && c.addSetting(ruleBadWords) {
		c.addWords(ruleBadWords, "bad_words", words)
	}
	if spam != nil && spam.UrlLimit != nil && c.addSetting(ruleURLLimit) {
		c.addLinks(ruleURLLimit, int(spam.GetUrlLimit()))
	}
	if spam != nil && spam.RepetitionThreshold != nil && c.addSetting(ruleRepetition) {
		c.rules.Repetition = append(c.rules.Repetition, screen.Share{Rule: ruleRepetition, Share: spam.GetRepetitionThreshold()})
	}
}

// addSetting adds a setting unless a rule says that it is off.
func (c *compiler) addSetting(id string) bool {
	said := c.set.saidOf(id)
	if said.GetIsDisabled() {
		return false
	}
	c.set.byID[id] = newRule(id, settings[id], said)
	return true
}

// addRule adds a rule that is no setting.
func (c *compiler) addRule(at string, r *moderationv1.Rule) {
	k, looks := kindOf(r)
	if _, isSetting := settings[r.GetId()]; isSetting || !looks {
		return
	}
	if r.GetIsDisabled() {
		c.check(at, r)
		return
	}
	c.set.byID[r.GetId()] = newRule(r.GetId(), k, r)
	c.addMatch(at, r)
}

// check looks for what is wrong with a rule that is off.
func (c *compiler) check(at string, r *moderationv1.Rule) {
	aside := newCompiler(&ruleSet{said: &moderationv1.Rules{}})
	aside.addMatch(at, r)
	c.wrong = append(c.wrong, aside.build()...)
}

// addMatch adds what a rule looks for.
func (c *compiler) addMatch(at string, r *moderationv1.Rule) {
	id := r.GetId()
	switch m := r.GetMatch().(type) {
	case *moderationv1.Rule_Words:
		c.addWords(id, at+".words.entries", m.Words.GetEntries())
	case *moderationv1.Rule_RegularExpression:
		c.addExpression(id, at+".regular_expression.pattern", m.RegularExpression)
	case *moderationv1.Rule_Domains:
		c.addDomains(id, at+".domains", m.Domains)
	case *moderationv1.Rule_Contacts:
		c.addContacts(id, m.Contacts)
	case *moderationv1.Rule_Capitals:
		c.addCapitals(id, m.Capitals)
	case *moderationv1.Rule_Mentions:
		c.rules.Mentions = append(c.rules.Mentions, screen.Limit{Rule: id, Limit: int(m.Mentions.GetLimit())})
	case *moderationv1.Rule_NewcomerLinks:
		c.addLinks(id, 0)
	}
}

func (c *compiler) note(field screen.Field, path string) {
	c.fields[field] = append(c.fields[field], path)
}

func (c *compiler) addWords(id, path string, entries []string) {
	c.rules.Words = append(c.rules.Words, screen.Entries{Rule: id, Entries: entries})
	c.note(screen.FieldWords, path)
}

func (c *compiler) addLinks(id string, limit int) {
	c.rules.URLs = append(c.rules.URLs, screen.Limit{Rule: id, Limit: limit})
}

func (c *compiler) addExpression(id, path string, e *moderationv1.RegularExpression) {
	c.rules.Patterns = append(c.rules.Patterns, screen.Entries{Rule: id, Entries: []string{e.GetPattern()}})
	c.note(screen.FieldPatterns, path)
	if e.GetIsExact() {
		c.rules.Exact = append(c.rules.Exact, id)
	}
}

func (c *compiler) addDomains(id, path string, list *moderationv1.DomainList) {
	if denied := list.GetDenied(); len(denied) > 0 {
		c.rules.Deny = append(c.rules.Deny, screen.Entries{Rule: id, Entries: denied})
		c.note(screen.FieldDeny, path+".denied")
	}
	if allowed := list.GetAllowed(); len(allowed) > 0 {
		c.rules.Only = append(c.rules.Only, screen.Entries{Rule: id, Entries: allowed})
		c.note(screen.FieldOnly, path+".allowed")
	}
}

func (c *compiler) addContacts(id string, contacts *moderationv1.Contacts) {
	if contacts.GetInvites() {
		c.rules.Invites = append(c.rules.Invites, id)
	}
	if contacts.GetPhoneNumbers() {
		c.rules.Phones = append(c.rules.Phones, id)
	}
	if contacts.GetEmailAddresses() {
		c.rules.Emails = append(c.rules.Emails, id)
	}
}

// defaultCapitals is of how many letters at least a text is looked at for capitals.
const defaultCapitals = 20

func (c *compiler) addCapitals(id string, capitals *moderationv1.Capitals) {
	fewest := orDefault(capitals.MinLetters, defaultCapitals)
	c.rules.Capitals = append(c.rules.Capitals, screen.Share{Rule: id, Share: capitals.GetShare(), Fewest: int(fewest)})
}

// build finishes the set, and answers what was wrong.
func (c *compiler) build() violations {
	set, problems := screen.Compile(c.rules)
	c.set.screen = set
	for _, p := range problems {
		c.wrong = append(c.wrong, violation{c.path(p), described(p), !p.Refused()})
	}
	return c.wrong
}

// path is where a problem is in the rules. What is not noted has its bounds in the proto file, and no problems.
func (c *compiler) path(p screen.Problem) string {
	paths := c.fields[p.Field]
	if p.Rule >= len(paths) {
		return string(p.Field)
	}
	if p.Field == screen.FieldPatterns {
		return paths[p.Rule]
	}
	return fmt.Sprintf("%s[%d]", paths[p.Rule], p.Entry)
}

func described(p screen.Problem) string {
	english, _ := p.Text()
	english = strings.TrimSuffix(english, ".")
	if p.Reason == screen.BadSyntax {
		english += fmt.Sprintf(", from character %d on", p.Position+1)
	}
	return english
}
