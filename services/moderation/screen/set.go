package screen

import (
	"regexp"

	"github.com/palabre/palabre/services/moderation/links"
	"github.com/palabre/palabre/services/moderation/match"
)

// Set is compiled rules. It never changes, so all may use it at once. A nil Set hits nothing.
type Set struct {
	rules Rules
	words *match.Matcher
	// patterns are those of all rules, with the place of each.
	patterns   []pattern
	deny, only []*links.Domains
	// folds says that texts have to be folded, links that their links are asked for.
	folds, links bool
}

// pattern is a regular expression and the rule it is of.
type pattern struct {
	rule, entry int
	expression  *regexp.Regexp
}

// Compile makes a Set. It tells of entries that can never hit, and of those that are refused; both are left out. The rules must not
// be changed afterwards.
func Compile(rules Rules) (*Set, []Problem) {
	c := compiler{set: &Set{rules: rules}}
	c.words()
	c.patterns()
	c.set.deny = c.domains(FieldDeny, rules.Deny)
	c.set.only = c.domains(FieldOnly, rules.Only)
	c.limits()
	s := c.set
	s.links = !s.words.Empty() || len(rules.URLs)+len(rules.Deny)+len(rules.Only)+len(rules.Invites)+len(rules.Emails) > 0
	s.folds = s.links || len(s.patterns)+len(rules.Mentions)+len(rules.Phones)+len(rules.Repetition)+len(rules.Capitals) > 0
	return s, c.problems
}

// Empty says that the set hits nothing.
func (s *Set) Empty() bool { return s == nil || !s.folds }
