package moderation

import (
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ruleSet is an application's rules, ready to judge by. It never changes, so all may use it at once.
type ruleSet struct {
	// said is the rules as they were set.
	said *moderationv1.Rules
	// rules are those that are looked for, and engine finds them.
	rules  []*rule
	engine engine
}

// unmoderated is the rules of an application that has none: everything is approved unread.
var unmoderated = &ruleSet{said: &moderationv1.Rules{}}

// compile makes rules ready to judge by, and says what is wrong with them. Those that are harmed by it cannot be judged by.
// It copies them.
func compile(said *moderationv1.Rules) (*ruleSet, violations) {
	if said == nil {
		said = &moderationv1.Rules{}
	}
	set := &ruleSet{said: proto.CloneOf(said)}
	wrong := checkRules(set.said)
	b := engineBuilder{set: set}
	b.addAll()
	wrong = append(wrong, b.build()...)
	if !set.isEnabled() {
		set.rules, set.engine = nil, engine{} // They were looked through for what is wrong with them, and are not kept.
	}
	return set, wrong
}

func (set *ruleSet) version() int64 { return set.said.GetVersion() }

func (set *ruleSet) isEnabled() bool { return set.said.GetModeratorEnabled() }

// saidOf answers what the rules say of a setting, or of another rule; nil when nothing.
func saidOf(rules *moderationv1.Rules, id string) *moderationv1.Rule {
	for _, r := range rules.GetRules() {
		if r.GetId() == id {
			return r
		}
	}
	return nil
}
