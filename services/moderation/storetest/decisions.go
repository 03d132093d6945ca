package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

func deciding(t *testing.T, s moderation.Store) {
	m := held(t, s, message(0))
	t.Run("keeps who, when and why", func(t *testing.T) {
		got := decided(t, s, m.GetMessageId(), rejected)
		if got.GetStatus() != rejected || got.GetReviewedBy() != "alice" || got.GetNote() != "vu" || got.GetReviewedAt() == nil || got.GetContent() != m.GetContent() {
			t.Errorf("got %v", got)
		}
	})
	t.Run("is on what a message was, and on nothing else", func(t *testing.T) {
		_, err := s.DecideReview(t.Context(), moderation.ReviewDecision{ApplicationID: app, Was: m, Status: approved})
		wantError(t, err, moderation.ErrReviewChanged)
		_, err = s.DecideReview(t.Context(), moderation.ReviewDecision{ApplicationID: other, Was: found(t, s, m.GetMessageId()), Status: approved})
		wantError(t, err, moderation.ErrReviewChanged)
		if got := found(t, s, m.GetMessageId()); got.GetStatus() != rejected {
			t.Errorf("it is %v", got)
		}
	})
	t.Run("again is later than before", func(t *testing.T) {
		before := found(t, s, m.GetMessageId()).GetReviewedAt().AsTime()
		after := decided(t, s, m.GetMessageId(), approved).GetReviewedAt().AsTime()
		if !after.After(before) {
			t.Errorf("%v is not after %v", after, before)
		}
	})
	t.Run("leaves no trace when it comes too late", func(t *testing.T) {
		list, err := s.ListLog(t.Context(), moderation.LogQuery{ApplicationID: app, Limit: 100})
		must(t, err)
		if len(list) != 2 {
			t.Errorf("two decisions are logged as %v", list)
		}
	})
}

// atOnce has moderators decide on the same message at the same time.
func atOnce(t *testing.T, s moderation.Store) {
	for i := range 10 {
		m := held(t, s, message(i))
		var moderators sync.WaitGroup
		errs := make([]error, 4)
		for n := range errs {
			status := []moderationv1.Verdict_Status{approved, rejected}[n%2]
			moderators.Go(func() {
				_, errs[n] = s.DecideReview(t.Context(), moderation.ReviewDecision{
					ApplicationID: app, Was: m, Status: status, By: fmt.Sprint("moderator-", n),
				})
			})
		}
		moderators.Wait()
		won := slices.Index(errs, nil)
		for n, err := range errs {
			if n != won && !errors.Is(err, moderation.ErrReviewChanged) {
				t.Fatalf("moderator %d is told %v, and moderator %d decided", n, err, won)
			}
		}
		if got := found(t, s, m.GetMessageId()); won < 0 || got.GetReviewedBy() != fmt.Sprint("moderator-", won) {
			t.Errorf("moderator %d decided, and it is %v", won, got)
		}
	}
}

func appeals(t *testing.T, s moderation.Store) {
	t.Run("of a message that waits are kept with it", func(t *testing.T) {
		m := held(t, s, message(0))
		got := appealed(t, s, m.GetMessageId())
		if got.GetAppeal() != "Une citation." || got.GetAppealedAt() == nil || got.GetStatus() != pending {
			t.Errorf("got %v", got)
		}
	})
	t.Run("of a rejected one have it wait again", func(t *testing.T) {
		m := held(t, s, message(1))
		decided(t, s, m.GetMessageId(), rejected)
		got := appealed(t, s, m.GetMessageId())
		if got.GetStatus() != pending || got.GetReviewedBy() != "" || got.GetReviewedAt() != nil || got.GetNote() != "" {
			t.Errorf("got %v", got)
		}
		wantDecisions(t, s)
	})
	t.Run("come between a moderator and their decision", func(t *testing.T) {
		m := held(t, s, message(2))
		d := decision(t, s, m.GetMessageId(), rejected)
		appealed(t, s, m.GetMessageId())
		_, err := s.DecideReview(t.Context(), d)
		wantError(t, err, moderation.ErrReviewChanged)
	})
	t.Run("are of one's own application, on what a message was", func(t *testing.T) {
		m := held(t, s, message(3))
		_, err := s.AppealReview(t.Context(), moderation.ReviewAppeal{ApplicationID: other, Was: m, By: "bob", Note: "x"})
		wantError(t, err, moderation.ErrReviewChanged)
		decided(t, s, m.GetMessageId(), approved)
		_, err = s.AppealReview(t.Context(), moderation.ReviewAppeal{ApplicationID: app, Was: m, By: "bob", Note: "x"})
		wantError(t, err, moderation.ErrReviewChanged)
	})
}

func decisions(t *testing.T, s moderation.Store) {
	a, b, c := held(t, s, message(0)), held(t, s, message(1)), held(t, s, published(2))
	settle := func(t *testing.T, list ...*moderationv1.Review) {
		t.Helper()
		var done []*moderationv1.Decision
		for _, r := range list {
			done = append(done, &moderationv1.Decision{MessageId: r.GetMessageId(), ReviewedAt: r.GetReviewedAt()})
		}
		must(t, s.SettleDecisions(t.Context(), done))
	}
	t.Run("are to be carried out once they are made", func(t *testing.T) {
		wantDecisions(t, s)
		b, a = decided(t, s, b.GetMessageId(), rejected), decided(t, s, a.GetMessageId(), approved)
		wantDecisions(t, s, b, a)
	})
	t.Run("are of all applications, and at most as many as asked", func(t *testing.T) {
		must(t, s.HoldMessage(t.Context(), other, message(0), false))
		list, err := s.ListReviews(t.Context(), moderation.ReviewsQuery{ApplicationID: other, Status: pending, Limit: 1})
		must(t, err)
		theirs, err := s.DecideReview(t.Context(), moderation.ReviewDecision{ApplicationID: other, Was: list[0], Status: approved})
		must(t, err)
		wantDecisions(t, s, b, a, theirs)
		first, err := s.ListDecisions(t.Context(), 1)
		must(t, err)
		if len(first) != 1 || first[0].GetMessageId() != b.GetMessageId() || first[0].GetApplicationId() != app || first[0].GetContent() == "" {
			t.Errorf("the first is %v", first)
		}
		settle(t, theirs)
	})
	t.Run("are settled, and an approved message is published", func(t *testing.T) {
		settle(t, a, b)
		settle(t, a, b)
		wantDecisions(t, s)
		if !found(t, s, a.GetMessageId()).GetIsPublished() || found(t, s, b.GetMessageId()).GetIsPublished() {
			t.Error("who sees the messages is not what was decided")
		}
	})
	t.Run("that were followed by others are not settled with the first", func(t *testing.T) {
		first := decided(t, s, c.GetMessageId(), approved)
		second := decided(t, s, c.GetMessageId(), rejected)
		settle(t, first)
		wantDecisions(t, s, second)
		settle(t, second)
		wantDecisions(t, s)
	})
	t.Run("are settled by the thousand, those that there are", func(t *testing.T) {
		many := []*moderationv1.Review{{MessageId: "x"}}
		for i := range 150 {
			many = append(many, decided(t, s, held(t, s, message(i)).GetMessageId(), approved))
		}
		many[0].ReviewedAt = timestamppb.Now()
		settle(t, many...)
		wantDecisions(t, s)
	})
}

func log(t *testing.T, s moderation.Store) {
	a, b := held(t, s, message(0)), held(t, s, message(1))
	decided(t, s, a.GetMessageId(), rejected)
	decided(t, s, b.GetMessageId(), approved)
	appealed(t, s, a.GetMessageId())
	actions := func(t *testing.T, q moderation.LogQuery) (all []string, last string) {
		t.Helper()
		list, err := s.ListLog(t.Context(), q)
		must(t, err)
		for _, e := range list {
			all, last = append(all, e.GetAction()+" by "+e.GetUserId()+": "+e.GetNote()), e.GetId()
			if e.GetAt() == nil || e.GetMessageId() == "" {
				t.Errorf("an entry is %v", e)
			}
		}
		return all, last
	}
	want := []string{"appealed by bob: ", "approved by alice: vu", "rejected by alice: vu"}
	t.Run("has what was done, latest first, and no appeals", func(t *testing.T) {
		if got, _ := actions(t, moderation.LogQuery{ApplicationID: app, Limit: 9}); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("is of a message when asked", func(t *testing.T) {
		if got, _ := actions(t, moderation.LogQuery{ApplicationID: app, MessageID: b.GetMessageId(), Limit: 9}); !slices.Equal(got, want[1:2]) {
			t.Errorf("got %q", got)
		}
		if got, _ := actions(t, moderation.LogQuery{ApplicationID: app, MessageID: "x", Limit: 9}); got != nil {
			t.Errorf("got %q of none", got)
		}
	})
	t.Run("goes on from an entry", func(t *testing.T) {
		first, last := actions(t, moderation.LogQuery{ApplicationID: app, Limit: 1})
		rest, _ := actions(t, moderation.LogQuery{ApplicationID: app, Limit: 9, Before: last})
		if got := append(first, rest...); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("is of one application", func(t *testing.T) {
		if got, _ := actions(t, moderation.LogQuery{ApplicationID: other, Limit: 9}); got != nil {
			t.Errorf("got %q", got)
		}
	})
}
