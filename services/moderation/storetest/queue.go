package storetest

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

func holding(t *testing.T, s moderation.Store) {
	m := message(0)
	t.Run("keeps all that it is given, and has it wait", func(t *testing.T) {
		want := proto.CloneOf(m)
		want.ApplicationId, want.Status = app, pending
		if got := held(t, s, m); !proto.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("again changes nothing, whatever became of it", func(t *testing.T) {
		another := proto.CloneOf(m)
		another.Content = "another text under the same id"
		must(t, s.HoldMessage(t.Context(), app, another, false))
		decided(t, s, m.GetMessageId(), rejected)
		must(t, s.HoldMessage(t.Context(), app, another, false))
		if got := found(t, s, m.GetMessageId()); got.GetContent() != m.GetContent() || got.GetStatus() != rejected {
			t.Errorf("got %v", got)
		}
	})
	t.Run("is of one application", func(t *testing.T) {
		wantError(t, s.HoldMessage(t.Context(), other, m, false), moderation.ErrNotFound)
		_, err := s.GetReview(t.Context(), other, m.GetMessageId())
		wantError(t, err, moderation.ErrNotFound)
	})
	t.Run("is not found before", func(t *testing.T) {
		_, err := s.GetReview(t.Context(), app, uuid.NewString())
		wantError(t, err, moderation.ErrNotFound)
	})
	t.Run("needs no reasons", func(t *testing.T) {
		bare := message(0)
		bare.Reasons = nil
		if got := held(t, s, bare); len(got.GetReasons()) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

func edits(t *testing.T, s moderation.Store) {
	edit := func(t *testing.T, of *moderationv1.Review) *moderationv1.Review {
		t.Helper()
		edited := proto.CloneOf(of)
		edited.Content, edited.RulesVersion, edited.IsPublished = "flûte", 4, true
		must(t, s.HoldMessage(t.Context(), app, edited, true))
		return found(t, s, of.GetMessageId())
	}
	t.Run("of a message that was not there put it there", func(t *testing.T) {
		if got := edit(t, published(0)); got.GetStatus() != pending || got.GetContent() != "flûte" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("of one that waits take its place", func(t *testing.T) {
		if got := edit(t, held(t, s, published(0))); got.GetContent() != "flûte" || got.GetRulesVersion() != 4 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("of one that was approved have it wait again", func(t *testing.T) {
		m := held(t, s, message(0))
		decided(t, s, m.GetMessageId(), approved)
		got := edit(t, m)
		if got.GetStatus() != pending || !got.GetIsPublished() || got.GetReviewedAt() != nil || got.GetReviewedBy() != "" || got.GetNote() != "" {
			t.Errorf("got %v", got)
		}
		wantDecisions(t, s)
	})
	t.Run("of one that nobody else saw, or that was rejected, change nothing", func(t *testing.T) {
		if got := edit(t, held(t, s, message(0))); got.GetContent() != "zut 😀" {
			t.Errorf("held, it is %v", got)
		}
		m := held(t, s, published(0))
		decided(t, s, m.GetMessageId(), rejected)
		if got := edit(t, m); got.GetContent() != "zut 😀" || got.GetStatus() != rejected {
			t.Errorf("rejected, it is %v", got)
		}
	})
}

func queue(t *testing.T, s moderation.Store) {
	late, early, noted, elsewhere := message(9), message(1), message(5), message(3)
	noted.SenderId, noted.Reasons = "anon:0190", []*moderationv1.Reason{{Rule: "capitals", Action: moderationv1.Rule_flag}}
	elsewhere.ConversationId = uuid.NewString()
	for _, m := range []*moderationv1.Review{late, early, noted, elsewhere} {
		held(t, s, m)
	}
	must(t, s.HoldMessage(t.Context(), other, message(2), false))

	t.Run("is in the order in which messages were written", func(t *testing.T) {
		wantList(t, s, waiting(), early, elsewhere, noted, late)
	})
	t.Run("lets pass what is asked for", func(t *testing.T) {
		for name, c := range map[string]struct {
			ask  func(*moderation.ReviewsQuery)
			want []*moderationv1.Review
		}{
			"a rule, that holds it":    {func(q *moderation.ReviewsQuery) { q.Rule = "capitals" }, []*moderationv1.Review{noted}},
			"a rule that is tried":     {func(q *moderation.ReviewsQuery) { q.Rule = "tried" }, nil},
			"a sender":                 {func(q *moderation.ReviewsQuery) { q.SenderID = "anon:0190" }, []*moderationv1.Review{noted}},
			"a conversation":           {func(q *moderation.ReviewsQuery) { q.ConversationID = elsewhere.GetConversationId() }, []*moderationv1.Review{elsewhere}},
			"a sender, and a rule":     {func(q *moderation.ReviewsQuery) { q.SenderID, q.Rule = "bob", "capitals" }, nil},
			"a number":                 {func(q *moderation.ReviewsQuery) { q.Limit = 2 }, []*moderationv1.Review{early, elsewhere}},
			"no conversation there is": {func(q *moderation.ReviewsQuery) { q.ConversationID = "x" }, nil},
			"appealed":                 {func(q *moderation.ReviewsQuery) { q.AppealedOnly = true }, nil},
		} {
			q := waiting()
			c.ask(&q)
			t.Run(name, func(t *testing.T) { wantList(t, s, q, c.want...) })
		}
	})
	t.Run("has those that wait, and others when asked", func(t *testing.T) {
		decided(t, s, noted.GetMessageId(), approved)
		decided(t, s, late.GetMessageId(), rejected)
		wantList(t, s, waiting(), early, elsewhere)
		q := waiting()
		q.Status = approved
		wantList(t, s, q, noted)
		q.Status = rejected
		wantList(t, s, q, late)
	})
	t.Run("has one again that its sender said something to", func(t *testing.T) {
		appealed(t, s, late.GetMessageId())
		wantList(t, s, waiting(), early, elsewhere, late)
		q := waiting()
		q.AppealedOnly = true
		wantList(t, s, q, late)
	})
}

func paging(t *testing.T, s moderation.Store) {
	var want []*moderationv1.Review
	for i := range 25 {
		want = append(want, message(i/5)) // Some of the same time.
	}
	for _, m := range want {
		held(t, s, m)
	}
	q, all := waiting(), []string(nil)
	q.Limit = 4
	for second := 100; ; second++ {
		list, err := s.ListReviews(t.Context(), q)
		must(t, err)
		if len(list) == 0 || second > 120 {
			break
		}
		all = append(all, ids(list)...)
		last := list[len(list)-1]
		q.After = &moderation.ReviewKey{At: last.GetCreatedAt().AsTime().UnixMicro(), ID: last.GetMessageId()}
		// Meanwhile others come and go.
		if second < 105 {
			want = append(want, held(t, s, message(second)))
		}
		decided(t, s, list[0].GetMessageId(), approved)
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(all)))
	if len(all) != len(want) || len(distinct) != len(all) {
		t.Errorf("%d messages were answered, %d of them different, want %d", len(all), len(distinct), len(want))
	}
}

func forgetting(t *testing.T, s moderation.Store) {
	waits, done, kept := held(t, s, message(0)), held(t, s, message(1)), held(t, s, message(2))
	decided(t, s, done.GetMessageId(), rejected)
	appealed(t, s, done.GetMessageId())
	decided(t, s, done.GetMessageId(), rejected)
	forget := []string{waits.GetMessageId(), done.GetMessageId(), uuid.NewString()}

	t.Run("is of one's own application", func(t *testing.T) {
		must(t, s.ForgetReviews(t.Context(), other, forget))
		if found(t, s, waits.GetMessageId()).GetContent() == "" {
			t.Error("another application's texts are gone")
		}
	})
	must(t, s.ForgetReviews(t.Context(), app, forget))
	must(t, s.ForgetReviews(t.Context(), app, forget))
	t.Run("withdraws what waits, for good", func(t *testing.T) {
		_, err := s.GetReview(t.Context(), app, waits.GetMessageId())
		wantError(t, err, moderation.ErrNotFound)
		must(t, s.HoldMessage(t.Context(), app, waits, false))
		must(t, s.HoldMessage(t.Context(), app, waits, true))
		wantList(t, s, waiting(), kept)
	})
	t.Run("leaves a decision without what it was on", func(t *testing.T) {
		got := found(t, s, done.GetMessageId())
		if got.GetContent() != "" || got.GetAppeal() != "" || got.GetStatus() != rejected || got.GetReviewedBy() != "alice" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("comes between a moderator and their decision", func(t *testing.T) {
		d := decision(t, s, kept.GetMessageId(), approved)
		must(t, s.ForgetReviews(t.Context(), app, []string{kept.GetMessageId()}))
		_, err := s.DecideReview(t.Context(), d)
		wantError(t, err, moderation.ErrReviewChanged)
	})
}
