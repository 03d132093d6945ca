package moderation

import (
	"fmt"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// checkRules says what is wrong with rules beyond what their proto file does, and beyond what they look for, which is the
// engine's to say.
func checkRules(rules *moderationv1.Rules) violations {
	var c ruleChecker
	seen := map[string]bool{}
	for i, r := range rules.GetRules() {
		c.at = fmt.Sprintf("rules[%d]", i)
		if seen[r.GetId()] {
			c.refuse(".id", "is another rule's already")
		}
		seen[r.GetId()] = true
		c.check(r)
	}
	return c.found
}

// ruleChecker gathers what is wrong with rules.
type ruleChecker struct {
	// at is the path of the rule that is looked at.
	at    string
	found violations
}

func (c *ruleChecker) refuse(field, description string) {
	c.found = append(c.found, violation{field: c.at + field, description: description})
}

func (c *ruleChecker) check(r *moderationv1.Rule) {
	k, looks := kindOf(r)
	setting, isSetting := settings[r.GetId()]
	switch {
	case r.GetId() == ruleExternal:
		c.refuse(".id", "is that of the external check")
	case isSetting && looks:
		c.refuse(".id", "is that of a setting, which has nothing else to look for")
	case isSetting:
		k = setting
	case !looks:
		c.refuse("", "has nothing to look for: give it words, regular_expression, domains, contacts, capitals, mentions or newcomer_links")
		return
	}
	if r.GetAction() == moderationv1.Rule_mask && !k.isOfText {
		c.refuse(".action", "cannot be mask, as there is no part of a text to mask")
	}
	if r.GetId() == ruleFlood || r.GetId() == ruleRepeat {
		c.checkLimit(r)
	}
	c.checkMatch(r)
}

// checkLimit is about what is applied before a content is judged, to all alike.
func (c *ruleChecker) checkLimit(r *moderationv1.Rule) {
	if a := r.GetAction(); a > moderationv1.Rule_reject {
		c.refuse(".action", "can only be reject")
	}
	for field, isSet := range map[string]bool{
		".category": r.GetCategory() != "", ".messages": len(r.GetMessages()) > 0, ".exempt_roles": len(r.GetExemptRoles()) > 0,
		".conversation_types": len(r.GetConversationTypes()) > 0, ".dry_run": r.GetDryRun(),
	} {
		if isSet {
			c.refuse(field, "is nothing that this limit has")
		}
	}
}

// checkMatch is about matches that look for nothing.
func (c *ruleChecker) checkMatch(r *moderationv1.Rule) {
	switch m := r.GetMatch().(type) {
	case *moderationv1.Rule_Domains:
		if len(m.Domains.GetDenied())+len(m.Domains.GetAllowed()) == 0 {
			c.refuse(".domains", "names no domain")
		}
	case *moderationv1.Rule_Contacts:
		if !m.Contacts.GetInvites() && !m.Contacts.GetPhoneNumbers() && !m.Contacts.GetEmailAddresses() {
			c.refuse(".contacts", "names none of invites, phone_numbers and email_addresses")
		}
	}
}
