package moderation

import (
	"context"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ModerateContent judges a content by the application's rules, and then by its external check; or by rules that come with it. It
// keeps nothing of it, and counts what hit unless rules are only tried.
func (s *Service) ModerateContent(ctx context.Context, req *moderationv1.ModerateContentRequest) (*moderationv1.Verdict, error) {
	if req.GetRules() != nil {
		return s.tryRules(req)
	}
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	set := s.book.inForce(application)
	verdict := set.judge(req, s.now())
	if set.isEnabled() && verdict.GetStatus() == moderationv1.Verdict_approved {
		s.askOutside(ctx, application, req, verdict)
	}
	s.tally.count(application, verdict.GetReasons(), s.now())
	return verdict, nil
}

// tryRules judges a content by the rules that come with it.
func (s *Service) tryRules(req *moderationv1.ModerateContentRequest) (*moderationv1.Verdict, error) {
	set, wrong := compile(req.GetRules())
	if err := wrong.refusal("rules"); err != nil {
		return nil, err
	}
	return set.judge(req, s.now()), nil
}
