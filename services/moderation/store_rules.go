package moderation

import (
	"context"
	"errors"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ErrRulesChanged says that other rules are in force than those which a change was made for.
var ErrRulesChanged = errors.New("the rules were changed")

// RuleSets is what a Store knows of rules.
type RuleSets interface {
	// AddRules keeps rules as the next version of an application, writes to its log who set them, and answers them with their
	// version, time and author. Of several calls at once each gets a version of its own.
	// Errors: ErrRulesChanged.
	AddRules(ctx context.Context, change RulesChange) (*moderationv1.Rules, error)

	// GetRules answers a version of an application's rules, the latest when it is 0.
	// Errors: ErrNotFound.
	GetRules(ctx context.Context, applicationID string, version int64) (*moderationv1.Rules, error)

	// LatestRules answers the latest version of the rules of each application that has any.
	LatestRules(ctx context.Context) (map[string]int64, error)
}

// RulesChange is rules that take the place of others.
type RulesChange struct {
	ApplicationID string
	Rules         *moderationv1.Rules
	// By is the subject who set them; empty for a back end.
	By string
	// If is the version that has to be the latest, 0 for none; any when nil.
	If *int64
}

// Counts is what a Store knows of how often rules hit.
type Counts interface {
	// AddCounts adds to the counts of rules and days. No two are of the same application, rule and day.
	AddCounts(ctx context.Context, counts []RuleCount) error

	// RuleStats answers what was counted of each of an application's rules since a day, the most frequent first.
	RuleStats(ctx context.Context, applicationID string, since Day) ([]*moderationv1.RuleStats, error)
}

// RuleCount is how often a rule hit on a day.
type RuleCount struct {
	ApplicationID, Rule string
	Day                 Day
	Hits, DryRunHits    int64
}

// Day is a day of UTC, counted from 1970.
type Day int64

// DayOf answers the day of a time.
func DayOf(t time.Time) Day { return Day(t.Unix() / (24 * 60 * 60)) }
