package entstore_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent/moderationcount"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/moderation"
	"github.com/palabre/palabre/services/moderation/entstore"
)

// An approval says that a rule was wrong, once, until it is decided over: then it is taken back on the day of the approval.
func TestAnApprovalCountsAsAnOverturnedHit(t *testing.T) {
	for name, newURL := range engines {
		t.Run(name, func(t *testing.T) {
			db := openMigrated(t, newURL(t))
			now := time.Date(2026, 11, 25, 23, 59, 0, 0, time.UTC)
			store := entstore.New(entstore.Config{Database: db, Now: func() time.Time { return now }})
			today := now.Unix() / (24 * 60 * 60)
			first, second := holdOne(t, store), holdOne(t, store)
			wantOverturned(t, db, today, 0)

			decide(t, store, first, moderationv1.Verdict_approved)
			decide(t, store, second, moderationv1.Verdict_rejected)
			wantOverturned(t, db, today, 1)
			decide(t, store, second, moderationv1.Verdict_approved)
			wantOverturned(t, db, today, 2)

			now = now.Add(time.Hour)
			decide(t, store, first, moderationv1.Verdict_rejected)
			wantOverturned(t, db, today, 1)
			decide(t, store, first, moderationv1.Verdict_approved)
			wantOverturned(t, db, today, 1)
			wantOverturned(t, db, today+1, 1)
		})
	}
}

func holdOne(t *testing.T, s moderation.Store) string {
	t.Helper()
	review := &moderationv1.Review{
		MessageId: uuid.NewString(), ConversationId: uuid.NewString(), SenderId: "bob", Content: "zut", CreatedAt: timestamppb.Now(),
		Reasons: []*moderationv1.Reason{{Rule: "bad_words", Action: moderationv1.Rule_hold}},
	}
	if err := s.HoldMessage(t.Context(), "geosector", review, false); err != nil {
		t.Fatal(err)
	}
	return review.GetMessageId()
}

func decide(t *testing.T, s moderation.Store, id string, status moderationv1.Verdict_Status) {
	t.Helper()
	was, err := s.GetReview(t.Context(), "geosector", id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DecideReview(t.Context(), moderation.ReviewDecision{ApplicationID: "geosector", Was: was, Status: status}); err != nil {
		t.Fatal(err)
	}
}

func wantOverturned(t *testing.T, db *database.DB, day, want int64) {
	t.Helper()
	rows, err := db.Read.ModerationCount.Query().
		Where(moderationcount.ApplicationID("geosector"), moderationcount.Rule("bad_words"), moderationcount.Day(day)).
		All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got int64
	for _, row := range rows {
		got += row.Overturned
	}
	if got != want || len(rows) > 1 {
		t.Errorf("on day %d %d hits were overturned, in %d rows, want %d", day, got, len(rows), want)
	}
}
