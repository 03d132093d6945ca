package moderation

import (
	"fmt"
	"time"

	"buf.build/go/protovalidate"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// Trial judges by rules without a Service: nothing is counted, and nobody outside is asked.
type Trial struct {
	set *ruleSet
	// Idle says of each entry that can never be found why not.
	Idle []string
}

// NewTrial makes a Trial of rules, or names the first field that keeps them from being judged by.
func NewTrial(rules *moderationv1.Rules) (*Trial, error) {
	if err := protovalidate.Validate(rules); err != nil {
		return nil, firstViolation(err)
	}
	set, wrong := compile(rules)
	if v, ok := wrong.harmful(); ok {
		return nil, fmt.Errorf("%s: %s", v.field, v.description)
	}
	trial := &Trial{set: set}
	for _, v := range wrong {
		trial.Idle = append(trial.Idle, v.field+": "+v.description)
	}
	return trial, nil
}

// Judge answers the verdict on a content at a time.
func (t *Trial) Judge(content *moderationv1.ModerateContentRequest, now time.Time) *moderationv1.Verdict {
	return t.set.judge(content, now)
}
