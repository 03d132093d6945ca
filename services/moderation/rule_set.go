package moderation

import (
	"cmp"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/screen"
)

// ruleSet is an application's rules, ready to judge by. It never changes, so all may use it at once.
type ruleSet struct {
	// said is the rules as they were set.
	said *moderationv1.Rules
	// byID are the rules that are on, and screen finds them.
	byID   map[string]*rule
	screen *screen.Set
	// limitsRepeats says that someone may send the same text so often only.
	limitsRepeats bool
}

// unmoderated is the rules of an application that has none: everything is approved unread.
var unmoderated = &ruleSet{said: &moderationv1.Rules{}}

// completed are rules in which each says its action, as they are answered. It copies them.
func completed(rules *moderationv1.Rules) *moderationv1.Rules {
	rules = proto.CloneOf(rules)
	for _, r := range rules.GetRules() {
		r.Action = cmp.Or(r.GetAction(), moderationv1.Rule_reject)
	}
	return rules
}

func (set *ruleSet) version() int64 { return set.said.GetVersion() }

func (set *ruleSet) isEnabled() bool { return set.said.GetModeratorEnabled() }

// saidOf answers what the rules say of a setting; nil when nothing.
func (set *ruleSet) saidOf(id string) *moderationv1.Rule {
	for _, r := range set.said.GetRules() {
		if r.GetId() == id {
			return r
		}
	}
	return nil
}
