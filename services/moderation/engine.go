package moderation

import (
	"fmt"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/match"
)

// engine finds what the rules of a set look for.
type engine struct {
	words []wordList
}

// wordList finds the words of one rule.
type wordList struct {
	rule    int
	matcher *match.Matcher
}

// find answers where rules hit, in no order.
func (e *engine) find(content string) []finding {
	var found []finding
	for _, list := range e.words {
		for _, hit := range list.matcher.Find(content) {
			found = append(found, finding{rule: list.rule, start: hit.Start, end: hit.End, reading: "plain"})
		}
	}
	return found
}

// engineBuilder gathers what the rules of a set look for.
type engineBuilder struct {
	set   *ruleSet
	wrong violations
}

// addAll adds the settings, and the rules besides.
func (b *engineBuilder) addAll() {
	said := b.set.said
	b.addSetting(ruleBadWords, len(said.GetBadWords()) > 0, func(rule int) {
		b.addWords(rule, "bad_words", said.GetBadWords())
	})
	for i, r := range said.GetRules() {
		b.addRule(fmt.Sprintf("rules[%d]", i), r)
	}
}

// addSetting adds a setting, unless it is off.
func (b *engineBuilder) addSetting(id string, isOn bool, add func(rule int)) {
	said := saidOf(b.set.said, id)
	if !isOn || said.GetIsDisabled() {
		return
	}
	add(b.add(newRule(id, settings[id], said)))
}

// addRule adds a rule that is no setting, unless it is off.
func (b *engineBuilder) addRule(at string, r *moderationv1.Rule) {
	k, looks := kindOf(r)
	if _, isSetting := settings[r.GetId()]; isSetting || !looks || r.GetIsDisabled() {
		return
	}
	rule := b.add(newRule(r.GetId(), k, r))
	switch m := r.GetMatch().(type) {
	case *moderationv1.Rule_Words:
		b.addWords(rule, at+".words.entries", m.Words.GetEntries())
	}
}

// add adds a rule to the set, and answers its place.
func (b *engineBuilder) add(r *rule) int {
	b.set.rules = append(b.set.rules, r)
	return len(b.set.rules) - 1
}

func (b *engineBuilder) addWords(rule int, field string, entries []string) {
	for i, entry := range entries {
		if !match.CanBeFound(entry) {
			b.wrong = append(b.wrong, violation{fmt.Sprintf("%s[%d]", field, i), "has no letter or digit, and is never found", true})
		}
	}
	matcher := match.New(entries, b.set.said.GetAllowList())
	b.set.engine.words = append(b.set.engine.words, wordList{rule, matcher})
}

// build answers what was wrong.
func (b *engineBuilder) build() violations { return b.wrong }
