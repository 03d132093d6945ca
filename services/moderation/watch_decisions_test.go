package moderation_test

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// watcher is the chat service, watching for decisions.
type watcher struct {
	tb     testing.TB
	stream moderationv1.ModerationService_WatchDecisionsClient
	stop   context.CancelFunc
}

func (m moderators) watch(tb testing.TB) watcher {
	tb.Helper()
	ctx, stop := context.WithCancel(as(tb, allPeer))
	tb.Cleanup(stop)
	stream, err := m.WatchDecisions(ctx, &moderationv1.WatchDecisionsRequest{})
	must(tb, err)
	_, err = stream.Header()
	must(tb, err)
	return watcher{tb, stream, stop}
}

// next answers the next decision.
func (w watcher) next() *moderationv1.Review {
	w.tb.Helper()
	answer, err := w.stream.Recv()
	must(w.tb, err)
	return answer.GetReview()
}

func (w watcher) wants(id string, status moderationv1.Verdict_Status) *moderationv1.Review {
	w.tb.Helper()
	got := w.next()
	if got.GetMessageId() != id || got.GetStatus() != status {
		w.tb.Fatalf("got %v, want %s %s", got, id, status)
	}
	return got
}

func TestDecisionsAreSentThatWereMadeAndThatAreMade(t *testing.T) {
	m := newModerators(t)
	first, second := m.decided(t, messageOf("bob"), rejected), m.decided(t, flagged(), approved)
	w := m.watch(t)
	got := w.wants(first, rejected)
	if got.GetApplicationId() != app || got.GetSenderId() != "bob" || got.GetContent() == "" || len(got.GetReasons()) != 2 || got.GetReviewedBy() != "alice" {
		t.Errorf("the first is %v", got)
	}
	if got := w.wants(second, approved); !got.GetIsPublished() {
		t.Errorf("the second is %v", got)
	}
	third := m.decided(t, messageOf("bob"), approved)
	w.wants(third, approved)
}

func TestWhatIsNotSettledIsSentAgainToWhoComesAgain(t *testing.T) {
	m := newModerators(t)
	done, left := m.decided(t, messageOf("bob"), rejected), m.decided(t, messageOf("bob"), rejected)
	w := m.watch(t)
	m.settle(t, w.wants(done, rejected))
	w.wants(left, rejected)
	w.stop()
	m.watch(t).wants(left, rejected)
}

func TestALaterDecisionIsNotSettledWithTheOneBefore(t *testing.T) {
	m := newModerators(t)
	w := m.watch(t)
	id := m.decided(t, messageOf("bob"), approved)
	first := w.wants(id, approved)
	_, err := m.overturn(as(t, carol), id, rejected)
	must(t, err)
	second := w.wants(id, rejected)
	m.settle(t, first)
	m.watch(t).wants(id, rejected)
	m.settle(t, second)
	last := m.decided(t, messageOf("bob"), approved)
	m.watch(t).wants(last, approved)
}

// An appeal takes a rejection back before it was carried out: nobody is to do that any more.
func TestWhatWasAppealedIsNoDecision(t *testing.T) {
	m := newModerators(t)
	_, err := m.appeal(as(t, member), m.decided(t, messageOf("bob"), rejected), "Une citation.")
	must(t, err)
	other := m.decided(t, messageOf("bob"), approved)
	m.watch(t).wants(other, approved)
}

func TestMoreDecisionsComeAsTheFirstAreSettled(t *testing.T) {
	m := newModerators(t)
	const many = 260 // More than are sent at once.
	for i := range many {
		m.decided(t, messageOf(fmt.Sprint("user-", i)), approved)
	}
	w := m.watch(t)
	seen := map[string]bool{}
	for range many {
		got := w.next()
		if seen[got.GetMessageId()] {
			t.Fatalf("%s came twice", got.GetMessageId())
		}
		seen[got.GetMessageId()] = true
		m.settle(t, got)
	}
}

func TestSettleDecisionsNamesWhatIsWrong(t *testing.T) {
	m := newModerators(t)
	for field, req := range map[string]*moderationv1.SettleDecisionsRequest{
		"decisions":               {},
		"decisions[0].reviewedAt": {Decisions: []*moderationv1.Decision{{MessageId: messageOf("bob").GetMessageId()}}},
	} {
		_, err := m.SettleDecisions(as(t, allPeer), req)
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != field {
			t.Errorf("at fault are %v", v)
		}
	}
}
