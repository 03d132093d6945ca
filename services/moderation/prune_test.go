package moderation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// told is a store that tells when it has taken away what is old.
type told struct {
	moderation.Store
	prunings chan moderation.Pruning
}

func (s told) Prune(ctx context.Context, p moderation.Pruning) (bool, error) {
	more, err := s.Store.Prune(ctx, p)
	if !more {
		select {
		case s.prunings <- p:
		default:
		}
	}
	return more, err
}

func TestWhatWasDecidedIsKeptForAsLongAsIsConfigured(t *testing.T) {
	store := newStore(t)
	now := time.Now()
	later := func() time.Time { return now.Add(100 * 24 * time.Hour) }
	id := "0190d5a2-7c5b-7000-8000-000000000001"
	must(t, store.HoldMessage(t.Context(), app, &moderationv1.Review{
		MessageId: id, ConversationId: "0190d5a2-7c5b-7000-8000-000000000000", SenderId: "bob", Content: "zut",
	}, false))
	was, err := store.GetReview(t.Context(), app, id)
	must(t, err)
	r, err := store.DecideReview(t.Context(), moderation.ReviewDecision{ApplicationID: app, Was: was, Status: moderationv1.Verdict_approved})
	must(t, err)
	must(t, store.SettleDecisions(t.Context(), []*moderationv1.Decision{{MessageId: id, ReviewedAt: r.GetReviewedAt()}}))
	for _, test := range []struct {
		retention moderation.Retention
		reviews   time.Duration
		isKept    bool
	}{
		{moderation.Retention{Reviews: 101 * 24 * time.Hour}, 101 * 24 * time.Hour, true},
		{moderation.Retention{}, 90 * 24 * time.Hour, false},
	} {
		prunings := make(chan moderation.Pruning, 1)
		t.Run(test.reviews.String(), func(t *testing.T) {
			serve(t, moderation.Config{Store: told{store, prunings}, Retention: test.retention, Now: later})
			if p := <-prunings; !p.Reviews.Equal(later().Add(-test.reviews)) || !p.Log.Equal(later().Add(-400*24*time.Hour)) {
				t.Errorf("taken away is what is older than %v, %v", p.Reviews, p.Log)
			}
			_, err := store.GetReview(t.Context(), app, id)
			if isKept := !errors.Is(err, moderation.ErrNotFound); isKept != test.isKept {
				t.Errorf("it is kept: %v", isKept)
			}
		})
	}
}
