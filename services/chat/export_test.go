package chat

import moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"

// Follows says whether these terms are those that count.
func (s *Service) Follows(r *moderationv1.WatchRulesResponse) bool {
	wanted := newTermsBook(nil)
	wanted.note(r)
	s.terms.mu.RLock()
	defer s.terms.mu.RUnlock()
	terms, told := s.terms.told[r.GetApplicationId()]
	return told && terms == wanted.told[r.GetApplicationId()]
}

// CleanFileName is cleanFileName.
func CleanFileName(name string) string { return cleanFileName(name) }
