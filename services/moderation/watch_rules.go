package moderation

import (
	"cmp"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
)

// In seconds, how long limits look back unless the rules say.
const (
	defaultFloodWindow  = 10
	defaultRepeatWindow = 60
)

// WatchRules sends a component what is applied before a content is judged: of the application that it calls for, or of all.
func (s *Service) WatchRules(_ *moderationv1.WatchRulesRequest, stream moderationv1.ModerationService_WatchRulesServer) error {
	p, _ := auth.FromContext(stream.Context()) // The interceptors let no call pass without one.
	sent := map[string]*ruleSet{}
	for {
		changed := s.book.changes.Next()
		for application, set := range s.book.inOrder() {
			if sent[application] == set || p.ApplicationID != "" && p.ApplicationID != application {
				continue
			}
			if err := stream.Send(set.limits(application)); err != nil {
				return err
			}
			sent[application] = set
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-changed:
		}
	}
}

// limits are what of the rules is applied before a content is judged. How often a text may be sent again is about contents, so
// without moderator it is off; how much someone may send is not.
func (set *ruleSet) limits(application string) *moderationv1.WatchRulesResponse {
	spam := spamRules(set.said)
	limits := &moderationv1.WatchRulesResponse{
		ApplicationId:    application,
		ModeratorEnabled: set.isEnabled(),
		FloodLimit:       set.limit(ruleFlood, set.said.FloodLimit),
		FloodWindow:      orDefault(set.said.FloodWindow, defaultFloodWindow),
		RepeatWindow:     orDefault(spam.RepeatWindow, defaultRepeatWindow),
		Version:          set.version(),
	}
	if set.limitsRepeats {
		limits.RepeatLimit = spam.RepeatLimit
	}
	return limits
}

// spamRules are those of rules, which may have none.
func spamRules(of *moderationv1.Rules) *moderationv1.SpamRules {
	return cmp.Or(of.GetSpamRules(), &moderationv1.SpamRules{})
}

// limit answers a limit, or nil where there is none.
func (set *ruleSet) limit(id string, limit *int32) *int32 {
	if limit == nil || *limit == 0 || set.saidOf(id).GetIsDisabled() {
		return nil
	}
	return limit
}

func orDefault(seconds *int32, byDefault int32) int32 {
	if seconds == nil {
		return byDefault
	}
	return *seconds
}
