package moderation

import (
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/match"
)

// What a hit of bad_words is called.
const (
	ruleBadWords      = "bad_words"
	categoryProfanity = "profanity"
	// Senders are told in French, as rpcerr tells people.
	messageBadWords = "Ce mot ou cette expression n’est pas accepté ici."
)

// ruleSet is an application's rules, ready to judge by. It never changes, so all may use it at once.
type ruleSet struct {
	rules *moderationv1.Rules
	words *match.Matcher
}

// newRuleSet compiles rules, which it copies. Without any, everything is approved unread.
func newRuleSet(rules *moderationv1.Rules) *ruleSet {
	if rules == nil {
		rules = &moderationv1.Rules{}
	}
	set := &ruleSet{rules: proto.CloneOf(rules)}
	if rules.GetModeratorEnabled() {
		set.words = match.New(rules.GetBadWords(), rules.GetAllowList())
	}
	return set
}

// idle answers how many bad words can never be found.
func (set *ruleSet) idle() int {
	idle := 0
	for _, entry := range set.rules.GetBadWords() {
		if !match.CanBeFound(entry) {
			idle++
		}
	}
	return idle
}

// judge answers the verdict on a content.
func (set *ruleSet) judge(content string) *moderationv1.Verdict {
	verdict := &moderationv1.Verdict{Status: moderationv1.Verdict_approved, MaskedContent: content}
	if !set.rules.GetModeratorEnabled() {
		return verdict
	}
	hits := set.words.Find(content)
	if len(hits) == 0 {
		return verdict
	}
	verdict.Status = moderationv1.Verdict_rejected
	verdict.MaskedContent = match.Mask(content, match.Spans(hits))
	verdict.Reasons = make([]*moderationv1.Reason, len(hits))
	for i, hit := range hits {
		verdict.Reasons[i] = &moderationv1.Reason{
			Rule:     ruleBadWords,
			Category: categoryProfanity,
			Start:    int32(hit.Start),
			End:      int32(hit.End),
			Message:  messageBadWords,
		}
	}
	return verdict
}
