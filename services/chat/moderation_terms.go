package chat

import (
	"sync"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/flood"
)

// moderationTerms are what of an application's rules is applied before a content is judged.
type moderationTerms struct {
	// enabled says that contents are judged.
	enabled bool
	// messages is how much someone may send, repeats how often the same text.
	messages, repeats flood.Limit
}

// termsBook knows the terms of all applications: those that the moderation service told last, and before it has told any,
// the limits of the configuration. Until then contents are judged, since the rules may say so.
type termsBook struct {
	configured map[string]flood.Limit

	mu   sync.RWMutex
	told map[string]moderationTerms
}

func newTermsBook(configured map[string]flood.Limit) *termsBook {
	return &termsBook{configured: configured, told: map[string]moderationTerms{}}
}

func (b *termsBook) of(applicationID string) moderationTerms {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if terms, ok := b.told[applicationID]; ok {
		return terms
	}
	return moderationTerms{enabled: true, messages: b.configured[applicationID]}
}

// note takes what the moderation service tells. Where nothing is judged, nothing is compared either.
func (b *termsBook) note(r *moderationv1.WatchRulesResponse) {
	terms := moderationTerms{
		enabled:  r.GetModeratorEnabled(),
		messages: limit(r.GetFloodLimit(), r.GetFloodWindow()),
	}
	if terms.enabled {
		terms.repeats = limit(r.GetRepeatLimit(), r.GetRepeatWindow())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told[r.GetApplicationId()] = terms
}

// limit is none without a number or without a window.
func limit(messages, seconds int32) flood.Limit {
	if messages <= 0 || seconds <= 0 {
		return flood.Limit{}
	}
	return flood.Limit{Messages: int(messages), Window: time.Duration(seconds) * time.Second}
}
