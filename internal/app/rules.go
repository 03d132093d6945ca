package app

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// Rule is a moderation rule as it is in the file: a Rule of palabre.moderation.v1, which says what its keys mean.
type Rule struct {
	ID                string             `yaml:"id"`
	Words             *WordList          `yaml:"words"`
	RegularExpression *RegularExpression `yaml:"regular_expression"`
	Domains           *DomainList        `yaml:"domains"`
	Contacts          *Contacts          `yaml:"contacts"`
	Capitals          *Capitals          `yaml:"capitals"`
	Mentions          *Mentions          `yaml:"mentions"`
	NewcomerLinks     *NewcomerLinks     `yaml:"newcomer_links"`
	// Action is reject, which it is when empty, hold, mask, flag or notify.
	Action            string            `yaml:"action"`
	Category          string            `yaml:"category"`
	Messages          map[string]string `yaml:"messages"`
	ExemptRoles       []string          `yaml:"exempt_roles"`
	ConversationTypes []string          `yaml:"conversation_types"`
	DryRun            bool              `yaml:"dry_run"`
	IsDisabled        bool              `yaml:"is_disabled"`
}

// WordList is words and phrases.
type WordList struct {
	Entries []string `yaml:"entries"`
}

// RegularExpression is an expression of RE2.
type RegularExpression struct {
	Pattern string `yaml:"pattern"`
	IsExact bool   `yaml:"is_exact"`
}

// DomainList is about the hosts of links.
type DomainList struct {
	Denied  []string `yaml:"denied"`
	Allowed []string `yaml:"allowed"`
}

// Contacts are ways to go on elsewhere.
type Contacts struct {
	Invites        bool `yaml:"invites"`
	PhoneNumbers   bool `yaml:"phone_numbers"`
	EmailAddresses bool `yaml:"email_addresses"`
}

// Capitals is writing in capitals.
type Capitals struct {
	Share      float64 `yaml:"share"`
	MinLetters *int32  `yaml:"min_letters"`
}

// Mentions is addressing many.
type Mentions struct {
	Limit int32 `yaml:"limit"`
}

// NewcomerLinks is links from someone who is new.
type NewcomerLinks struct {
	// MinimumAge is whole seconds.
	MinimumAge time.Duration `yaml:"minimum_age"`
}

// rules answers the moderation rules of each application, by its id.
func (c *Config) rules() (map[string]*moderationv1.Rules, error) {
	all := map[string]*moderationv1.Rules{}
	for id, a := range c.Applications {
		rules, err := a.rules()
		if err != nil {
			return nil, fmt.Errorf("applications.%s.%w", id, err)
		}
		all[id] = rules
	}
	return all, nil
}

// rules answers the application's moderation rules, which nobody has looked at yet.
func (a Application) rules() (*moderationv1.Rules, error) {
	rules := &moderationv1.Rules{
		ModeratorEnabled: a.ModeratorEnabled,
		BadWords:         a.BadWords,
		AllowList:        a.AllowList,
		FloodLimit:       a.FloodLimit,
		FloodWindow:      proto.Int32(int32(a.floodLimit().Window / time.Second)),
		SpamRules: &moderationv1.SpamRules{
			UrlLimit:            a.SpamRules.URLLimit,
			RepetitionThreshold: a.SpamRules.RepetitionThreshold,
			RepeatLimit:         a.SpamRules.RepeatLimit,
		},
	}
	if w := a.SpamRules.RepeatWindow; w != 0 {
		rules.SpamRules.RepeatWindow = proto.Int32(int32(w / time.Second))
	}
	for i, r := range a.Rules {
		action, known := moderationv1.Rule_Action_value[r.Action]
		if r.Action != "" && (!known || action == 0) {
			return nil, fmt.Errorf("rules[%d].action: %q is none of reject, hold, mask, flag, notify", i, r.Action)
		}
		rules.Rules = append(rules.Rules, r.proto(moderationv1.Rule_Action(action)))
		if n := r.matches(); n > 1 {
			return nil, fmt.Errorf("rules[%d]: looks for %d things; give each a rule of its own", i, n)
		}
	}
	return rules, nil
}

// matches is how many things a rule looks for.
func (r Rule) matches() int {
	n := 0
	for _, isThere := range []bool{
		r.Words != nil, r.RegularExpression != nil, r.Domains != nil, r.Contacts != nil, r.Capitals != nil, r.Mentions != nil,
		r.NewcomerLinks != nil,
	} {
		if isThere {
			n++
		}
	}
	return n
}

func (r Rule) proto(action moderationv1.Rule_Action) *moderationv1.Rule {
	rule := &moderationv1.Rule{
		Id:                r.ID,
		Action:            action,
		Category:          r.Category,
		Messages:          r.Messages,
		ExemptRoles:       r.ExemptRoles,
		ConversationTypes: r.ConversationTypes,
		DryRun:            r.DryRun,
		IsDisabled:        r.IsDisabled,
	}
	r.setMatch(rule)
	return rule
}

// setMatch says what a rule looks for, of which there is one at most.
func (r Rule) setMatch(rule *moderationv1.Rule) {
	switch {
	case r.Words != nil:
		rule.Match = &moderationv1.Rule_Words{Words: &moderationv1.WordList{Entries: r.Words.Entries}}
	case r.RegularExpression != nil:
		rule.Match = &moderationv1.Rule_RegularExpression{RegularExpression: &moderationv1.RegularExpression{
			Pattern: r.RegularExpression.Pattern, IsExact: r.RegularExpression.IsExact,
		}}
	case r.Domains != nil:
		rule.Match = &moderationv1.Rule_Domains{Domains: &moderationv1.DomainList{Denied: r.Domains.Denied, Allowed: r.Domains.Allowed}}
	case r.Contacts != nil:
		rule.Match = &moderationv1.Rule_Contacts{Contacts: &moderationv1.Contacts{
			Invites: r.Contacts.Invites, PhoneNumbers: r.Contacts.PhoneNumbers, EmailAddresses: r.Contacts.EmailAddresses,
		}}
	case r.Capitals != nil:
		rule.Match = &moderationv1.Rule_Capitals{Capitals: &moderationv1.Capitals{Share: r.Capitals.Share, MinLetters: r.Capitals.MinLetters}}
	case r.Mentions != nil:
		rule.Match = &moderationv1.Rule_Mentions{Mentions: &moderationv1.Mentions{Limit: r.Mentions.Limit}}
	case r.NewcomerLinks != nil:
		rule.Match = &moderationv1.Rule_NewcomerLinks{NewcomerLinks: &moderationv1.NewcomerLinks{
			MinimumAge: int64(r.NewcomerLinks.MinimumAge / time.Second),
		}}
	}
}
