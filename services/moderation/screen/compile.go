package screen

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/palabre/palabre/services/moderation/links"
	"github.com/palabre/palabre/services/moderation/match"
)

// What regular expressions are bound to: the time that they take is the text's length times their size.
const (
	MaxPatterns      = 50
	MaxPatternLength = 1000
	maxProgram       = 1000
)

// compiler compiles a Set.
type compiler struct {
	set      *Set
	problems []Problem
}

func (c *compiler) problem(field Field, rule, entry, position int, reason Reason) {
	c.problems = append(c.problems, Problem{field, rule, entry, position, reason})
}

func (c *compiler) words() {
	lists := make([]match.List, len(c.set.rules.Words))
	for i, rule := range c.set.rules.Words {
		lists[i].Entries = rule.Entries
	}
	var problems []match.Problem
	c.set.words, problems = match.Compile(lists, c.set.rules.Allow)
	for _, p := range problems {
		field := FieldWords
		if p.List < 0 {
			field = FieldAllow
		}
		c.problem(field, max(p.List, 0), p.Entry, 0, Reason(p.Reason))
	}
}

func (c *compiler) patterns() {
	for i, rule := range c.set.rules.Patterns {
		for k, text := range rule.Entries {
			expression, position, reason := compilePattern(text)
			if reason == "" && len(c.set.patterns) == MaxPatterns {
				reason = TooMany
			}
			if reason != "" {
				c.problem(FieldPatterns, i, k, position, reason)
				continue
			}
			c.set.patterns = append(c.set.patterns, pattern{i, k, expression})
		}
	}
}

// compilePattern answers a regular expression, or what is wrong with it and where, in code points.
func compilePattern(text string) (*regexp.Regexp, int, Reason) {
	if utf8.RuneCountInString(text) > MaxPatternLength {
		return nil, MaxPatternLength, TooLong
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, positionOf(text, err), BadSyntax
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxProgram {
		return nil, 0, TooComplex
	}
	expression, err := regexp.Compile(text)
	switch {
	case err != nil:
		return nil, 0, BadSyntax
	case expression.MatchString(""):
		return nil, 0, MatchesNothing
	}
	return expression, 0, ""
}

// positionOf answers where the part of an expression begins that an error names.
func positionOf(text string, err error) int {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return 0
	}
	return utf8.RuneCountInString(text[:max(strings.LastIndex(text, bad.Expr), 0)])
}

func (c *compiler) domains(field Field, rules []Entries) []*links.Domains {
	all := make([]*links.Domains, len(rules))
	for i, rule := range rules {
		var bad []int
		all[i], bad = links.NewDomains(rule.Entries)
		for _, entry := range bad {
			c.problem(field, i, entry, 0, BadDomain)
		}
	}
	return all
}

// limits leaves out limits that are out of bounds, which would hit nothing, or everything.
func (c *compiler) limits() {
	r := &c.set.rules
	negative := func(l Limit) bool { return l.Limit < 0 }
	noShare := func(s Share) bool { return !(s.Share > 0 && s.Share <= 1) || s.Fewest < 0 }
	r.URLs = within(c, FieldURLs, r.URLs, negative)
	r.Mentions = within(c, FieldMentions, r.Mentions, negative)
	r.Repetition = within(c, FieldRepetition, r.Repetition, noShare)
	r.Capitals = within(c, FieldCapitals, r.Capitals, noShare)
}

// within answers the rules that are in bounds, and tells of the others.
func within[R any](c *compiler, field Field, rules []R, out func(R) bool) []R {
	var kept []R
	for i, rule := range rules {
		if out(rule) {
			c.problem(field, i, 0, 0, OutOfBounds)
			continue
		}
		kept = append(kept, rule)
	}
	return kept
}
