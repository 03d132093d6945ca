package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// Trial judges contents by an application's rules, with nothing running and nothing kept.
type Trial struct {
	judge *moderation.Trial
	// Idle says of each entry that can never be found why not.
	Idle []string
}

// NewTrial makes a Trial of the rules that the configuration has for an application; or of others, in JSON as GET
// /api/chat/moderation/rules answers them, when there are any.
func NewTrial(c Config, applicationID string, rulesJSON []byte) (*Trial, error) {
	if _, err := c.complete(); err != nil {
		return nil, err
	}
	application, ok := c.Applications[applicationID]
	if !ok {
		known := slices.Sorted(maps.Keys(c.Applications))
		return nil, fmt.Errorf("there is no application %q; there are %s", applicationID, strings.Join(known, ", "))
	}
	rules, err := application.rules()
	if err != nil {
		return nil, err
	}
	if rulesJSON != nil {
		rules = &moderationv1.Rules{}
		if err := protojson.Unmarshal(rulesJSON, rules); err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
	}
	judge, err := moderation.NewTrial(rules)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return &Trial{judge, judge.Idle}, nil
}

// TrialVerdict is the verdict on one content.
type TrialVerdict struct {
	// Status is approved, rejected or pending.
	Status string
	// Rules are those that hit, each once, in the order of the text; those that are only tried have `(dry run)` behind.
	Rules []string
	// Content is the content, with asterisks as it is said in the API.
	Content string
	// JSON is the whole verdict.
	JSON []byte
}

// Judge answers the verdict on a content of a member whom the directory has known for ever.
func (t *Trial) Judge(content string) (TrialVerdict, error) {
	verdict := t.judge.Judge(&moderationv1.ModerateContentRequest{Content: content, SenderRole: "member"}, time.Now())
	json, err := protojson.Marshal(verdict)
	if err != nil {
		return TrialVerdict{}, fmt.Errorf("a content that is not UTF-8: %w", err)
	}
	return TrialVerdict{verdict.GetStatus().String(), rulesOf(verdict), verdict.GetMaskedContent(), json}, nil
}

func rulesOf(verdict *moderationv1.Verdict) []string {
	var rules []string
	for _, reason := range verdict.GetReasons() {
		name := reason.GetRule()
		if reason.GetDryRun() {
			name += " (dry run)"
		}
		if !slices.Contains(rules, name) {
			rules = append(rules, name)
		}
	}
	return rules
}
