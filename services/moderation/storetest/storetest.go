// Package storetest is what every moderation.Store has to do, on every database: run it with Run.
package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

const (
	app   = "geosector"
	other = "resalice"
)

// Run runs the suite. newStore answers a Store of an empty database.
func Run(t *testing.T, newStore func(*testing.T) moderation.Store) {
	suite := map[string]func(*testing.T, moderation.Store){
		"Holding":    holding,
		"Edits":      edits,
		"Queue":      queue,
		"Paging":     paging,
		"Deciding":   deciding,
		"AtOnce":     atOnce,
		"Appeals":    appeals,
		"Forgetting": forgetting,
		"Decisions":  decisions,
		"Log":        log,

		"Rules":           rules,
		"RulesContended":  rulesContended,
		"RulesLarge":      rulesLarge,
		"Counts":          counts,
		"CountsContended": countsContended,

		"Pruning":      pruning,
		"PruningRules": pruningRules,
		"Leases":       leases,
		"NeverStored":  neverStored,
	}
	for name, test := range suite {
		t.Run(name, func(t *testing.T) { test(t, newStore(t)) })
	}
}

const (
	pending  = moderationv1.Verdict_pending
	approved = moderationv1.Verdict_approved
	rejected = moderationv1.Verdict_rejected
)

// noon is when the messages of the tests begin to be written.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// message is one of bob's, written some seconds after noon, that the rule bad_words holds.
func message(second int) *moderationv1.Review {
	return &moderationv1.Review{
		MessageId:      uuid.NewString(),
		ConversationId: "0190d5a2-7c5b-7000-8000-000000000000",
		SenderId:       "bob",
		Content:        "zut 😀",
		Reasons: []*moderationv1.Reason{
			{Rule: "tried", Action: moderationv1.Rule_hold, DryRun: true, Start: 0, End: 1},
			{Rule: "bad_words", Category: "profanity", Action: moderationv1.Rule_hold, Start: 0, End: 3, Message: "Ce mot n’est pas accepté."},
		},
		CreatedAt:    timestamppb.New(noon.Add(time.Duration(second) * time.Second)),
		RulesVersion: 3,
	}
}

// held puts a message into the queue.
func held(t *testing.T, s moderation.Store, m *moderationv1.Review) *moderationv1.Review {
	t.Helper()
	must(t, s.HoldMessage(t.Context(), app, m, false))
	return found(t, s, m.GetMessageId())
}

// published is a message that the others saw already.
func published(second int) *moderationv1.Review {
	m := message(second)
	m.IsPublished = true
	return m
}

func found(t *testing.T, s moderation.Store, id string) *moderationv1.Review {
	t.Helper()
	r, err := s.GetReview(t.Context(), app, id)
	must(t, err)
	return r
}

// decision is alice's on a message as it is now.
func decision(t *testing.T, s moderation.Store, id string, status moderationv1.Verdict_Status) moderation.ReviewDecision {
	t.Helper()
	return moderation.ReviewDecision{ApplicationID: app, Was: found(t, s, id), Status: status, By: "alice", Note: "vu"}
}

func decided(t *testing.T, s moderation.Store, id string, status moderationv1.Verdict_Status) *moderationv1.Review {
	t.Helper()
	r, err := s.DecideReview(t.Context(), decision(t, s, id, status))
	must(t, err)
	return r
}

// appealed has bob say something to what became of a message.
func appealed(t *testing.T, s moderation.Store, id string) *moderationv1.Review {
	t.Helper()
	r, err := s.AppealReview(t.Context(), moderation.ReviewAppeal{ApplicationID: app, Was: found(t, s, id), By: "bob", Note: "Une citation."})
	must(t, err)
	return r
}

// waiting is the query for what waits in the application of the tests.
func waiting() moderation.ReviewsQuery {
	return moderation.ReviewsQuery{ApplicationID: app, Status: pending, Limit: 100}
}

func ids(list []*moderationv1.Review) []string {
	var ids []string
	for _, r := range list {
		ids = append(ids, r.GetMessageId())
	}
	return ids
}

func wantList(t *testing.T, s moderation.Store, q moderation.ReviewsQuery, want ...*moderationv1.Review) {
	t.Helper()
	list, err := s.ListReviews(t.Context(), q)
	must(t, err)
	if got, want := ids(list), ids(want); !slices.Equal(got, want) {
		t.Errorf("%+v lets %q pass, want %q", q, got, want)
	}
}

// wantDecisions says which decisions are to be carried out, in order.
func wantDecisions(t *testing.T, s moderation.Store, want ...*moderationv1.Review) {
	t.Helper()
	list, err := s.ListDecisions(t.Context(), 100)
	must(t, err)
	if got, want := ids(list), ids(want); !slices.Equal(got, want) {
		t.Errorf("unsettled are %q, want %q", got, want)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
