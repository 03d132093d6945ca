package moderation

import (
	"context"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// UpdateRules sets the rules of the caller's application. When it answers they are in force in this process, and within Poll in
// the others. Rules with anything wrong in them, be it an entry that can never be found, change nothing.
func (s *Service) UpdateRules(ctx context.Context, req *moderationv1.UpdateRulesRequest) (*moderationv1.Rules, error) {
	application, err := applicationOf(ctx)
	if err != nil {
		return nil, err
	}
	set, wrong := compile(req.GetRules())
	if err := wrong.refusal("rules"); err != nil {
		return nil, err
	}
	rules, err := s.store.AddRules(ctx, RulesChange{
		ApplicationID: application,
		Rules:         set.said,
		By:            subjectOf(ctx),
		If:            req.IfVersion,
	})
	if err != nil {
		return nil, err
	}
	set.said = proto.CloneOf(rules) // As they were set, and with their version; the caller's answer is the caller's.
	s.book.put(application, set)
	s.bell.Ring()
	return rules, nil
}
