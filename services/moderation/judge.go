package moderation

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/match"
	"github.com/palabre/palabre/services/moderation/screen"
	"github.com/palabre/palabre/services/moderation/spam"
)

// finding is a place where a rule hits.
type finding struct {
	screen.Hit
	by *rule
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
	if set.limitsRepeats {
		verdict.Fingerprint = fingerprint(content.GetContent())
	}
	found := set.find(content, now)
	if len(found) == 0 {
		return verdict
	}
	verdict.Reasons = reasonsOf(found, content.GetLanguage())
	verdict.Status, verdict.IsMasked = outcome(found)
	verdict.MaskedContent = match.Mask(content.GetContent(), maskedParts(found, verdict.GetIsMasked()))
	return verdict
}

var texts = sync.Pool{New: func() any { return new(fold.Text) }}

// fingerprint is what repeats of a content are known by, and nothing when it has neither letter nor digit.
func fingerprint(content string) []byte {
	text := texts.Get().(*fold.Text)
	defer texts.Put(text)
	text.Reset(content)
	if sum, size := spam.Fingerprint(text); size > 0 {
		return binary.BigEndian.AppendUint64(nil, sum)
	}
	return nil
}

// find answers where the rules hit that are for a content, in the order of the text. A part of the text hits a rule once.
func (set *ruleSet) find(content *moderationv1.ModerateContentRequest, now time.Time) []finding {
	var found []finding
	for _, hit := range set.screen.Screen(content.GetContent()) {
		f := finding{hit, set.byID[hit.Rule]}
		if f.by.appliesTo(content, now) && !isFound(found, f) {
			found = append(found, f)
		}
	}
	return found
}

// isFound says that the same rule hit the same part of the text. Those that begin where it does are the last.
func isFound(found []finding, f finding) bool {
	for _, before := range slices.Backward(found) {
		if before.Start != f.Start {
			return false
		}
		if before.by == f.by && before.End == f.End {
			return true
		}
	}
	return false
}

// outcome is what becomes of a content: to refuse goes over to hold, and that over to publish. It is masked when a rule asks for
// it, unless it is refused.
func outcome(found []finding) (status moderationv1.Verdict_Status, isMasked bool) {
	status = moderationv1.Verdict_approved
	for _, f := range found {
		r := f.by
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

// maskedParts are what asterisks take the place of: what is published without, or every hit that has an effect.
func maskedParts(found []finding, isPublished bool) []match.Span {
	var hits []match.Span
	for _, f := range found {
		r := f.by
		if !r.isDryRun && r.isOfText && (!isPublished || r.action == moderationv1.Rule_mask) {
			hits = append(hits, match.Span{Start: f.Start, End: f.End})
		}
	}
	return hits
}

// maxReasons is how many hits are told, besides the first of each rule, so that a text made of bad words has no verdict of
// megabytes.
const maxReasons = 100

func reasonsOf(found []finding, language string) []*moderationv1.Reason {
	var reasons []*moderationv1.Reason
	told := map[*rule]bool{}
	for _, f := range found {
		if len(reasons) < maxReasons || !told[f.by] {
			reasons = append(reasons, f.by.reason(f.Hit, language))
		}
		told[f.by] = true
	}
	return reasons
}
