package moderation

import (
	"cmp"
	"slices"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/match"
)

// finding is a place where a rule of a set hits.
type finding struct {
	// rule is the rule's place in the set.
	rule       int
	start, end int
	reading    string
}

// judge answers the verdict on a content.
func (set *ruleSet) judge(content *moderationv1.ModerateContentRequest, now time.Time) *moderationv1.Verdict {
	verdict := &moderationv1.Verdict{
		Status:        moderationv1.Verdict_approved,
		MaskedContent: content.GetContent(),
		RulesVersion:  set.version(),
	}
	if !set.isEnabled() {
		return verdict
	}
	found := set.find(content, now)
	if len(found) == 0 {
		return verdict
	}
	verdict.Reasons = set.reasons(found, content.GetLanguage())
	verdict.Status, verdict.IsMasked = set.outcome(found)
	verdict.MaskedContent = match.Mask(content.GetContent(), set.masked(found, verdict.GetIsMasked()))
	return verdict
}

// find answers where the rules hit that are for a content, in the order of the text.
func (set *ruleSet) find(content *moderationv1.ModerateContentRequest, now time.Time) []finding {
	found := slices.DeleteFunc(set.engine.find(content.GetContent()), func(f finding) bool {
		return !set.rules[f.rule].appliesTo(content, now)
	})
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	return found
}

// outcome is what becomes of a content: to refuse goes over to hold, and that over to publish. It is masked when a rule asks for
// it, unless it is refused.
func (set *ruleSet) outcome(found []finding) (status moderationv1.Verdict_Status, isMasked bool) {
	status = moderationv1.Verdict_approved
	for _, f := range found {
		r := set.rules[f.rule]
		switch {
		case r.isDryRun:
		case r.action == moderationv1.Rule_reject:
			status = moderationv1.Verdict_rejected
		case r.action == moderationv1.Rule_hold && status == moderationv1.Verdict_approved:
			status = moderationv1.Verdict_pending
		case r.action == moderationv1.Rule_mask:
			isMasked = true
		}
	}
	return status, isMasked && status != moderationv1.Verdict_rejected
}

// masked is what asterisks take the place of: what is published without, or every hit that has an effect.
func (set *ruleSet) masked(found []finding, isPublished bool) []match.Span {
	var hits []match.Span
	for _, f := range found {
		r := set.rules[f.rule]
		if !r.isDryRun && r.isOfText && (!isPublished || r.action == moderationv1.Rule_mask) {
			hits = append(hits, match.Span{Start: f.start, End: f.end})
		}
	}
	return hits
}

// maxReasons is how many hits are told, besides the first of each rule, so that a text made of bad words has no verdict of
// megabytes.
const maxReasons = 100

func (set *ruleSet) reasons(found []finding, language string) []*moderationv1.Reason {
	var reasons []*moderationv1.Reason
	told := make([]bool, len(set.rules))
	for _, f := range found {
		if len(reasons) < maxReasons || !told[f.rule] {
			reasons = append(reasons, set.rules[f.rule].reason(f, language))
		}
		told[f.rule] = true
	}
	return reasons
}
