package moderation_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestADecisionSaysWhoMadeItWhenAndWhy(t *testing.T) {
	m := newModerators(t)
	for _, status := range []moderationv1.Verdict_Status{approved, rejected} {
		for _, c := range []struct {
			by   auth.Principal
			name string
		}{{admin, "alice"}, {superAdmin, "root"}, {backEnd, ""}} {
			got, err := m.review(as(t, c.by), m.hold(t, messageOf("bob")), status)
			must(t, err)
			if got.GetStatus() != status || got.GetReviewedBy() != c.name || got.GetReviewedAt() == nil || got.GetNote() != "vu" {
				t.Errorf("%s by %q: %v", status, c.name, got)
			}
		}
	}
}

func TestTheSameDecisionAgainIsTheSameAnswer(t *testing.T) {
	m := newModerators(t)
	id := m.decided(t, messageOf("bob"), rejected)
	got, err := m.review(as(t, carol), id, rejected)
	must(t, err)
	if got.GetReviewedBy() != "alice" {
		t.Errorf("it is now %s's", got.GetReviewedBy())
	}
}

func TestWhoDecidesOtherwiseIsToldWhatWasDecided(t *testing.T) {
	m := newModerators(t)
	id := m.decided(t, messageOf("bob"), rejected)
	_, err := m.review(as(t, carol), id, approved)
	wantError(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_ALREADY_REVIEWED)
	told := rpcerr.MetadataOf(err)
	if told["status"] != "rejected" || told["reviewedBy"] != "alice" || told["reviewedAt"] == "" {
		t.Errorf("they are told %v", told)
	}
	if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != "status" {
		t.Errorf("at fault are %v", v)
	}
}

func TestOfTwoWhoDecideAtOnceOneIsTold(t *testing.T) {
	m := newModerators(t)
	for range 5 {
		id := m.hold(t, messageOf("bob"))
		callers, errs := []auth.Principal{admin, carol}, make([]error, 2)
		var both sync.WaitGroup
		for i, status := range []moderationv1.Verdict_Status{approved, rejected} {
			both.Go(func() { _, errs[i] = m.review(as(t, callers[i]), id, status) })
		}
		both.Wait()
		won := slices.Index(errs, nil)
		if won < 0 {
			t.Fatal(errs)
		}
		wantError(t, errs[1-won], codes.FailedPrecondition, rpcv1.ErrorReason_ALREADY_REVIEWED)
	}
}

// What can be decided over another decision, once that was carried out and before.
func TestADecisionIsOverturned(t *testing.T) {
	for name, c := range map[string]struct {
		message  func() *moderationv1.Review
		from, to moderationv1.Verdict_Status
		settled  bool
		reason   rpcv1.ErrorReason
	}{
		"held, rejected, then approved":                 {held, rejected, approved, true, 0},
		"held, rejected, then approved at once":         {held, rejected, approved, false, 0},
		"held, approved, then rejected":                 {held, approved, rejected, true, 0},
		"held, approved, then rejected at once":         {held, approved, rejected, false, 0},
		"published, approved, then rejected":            {flagged, approved, rejected, true, 0},
		"published, rejected, then approved: it's gone": {flagged, rejected, approved, true, rpcv1.ErrorReason_MESSAGE_DELETED},
		"the same at once":                              {flagged, rejected, approved, false, rpcv1.ErrorReason_MESSAGE_DELETED},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModerators(t)
			id := m.decided(t, c.message(), c.from)
			if c.settled {
				m.settle(t, m.queue(t, &moderationv1.ListReviewQueueRequest{Status: c.from})...)
			}
			got, err := m.overturn(as(t, carol), id, c.to)
			if c.reason != 0 {
				wantError(t, err, codes.FailedPrecondition, c.reason)
				return
			}
			must(t, err)
			if got.GetStatus() != c.to || got.GetReviewedBy() != "carol" || got.GetNote() != "" {
				t.Errorf("got %v", got)
			}
		})
	}
}

func held() *moderationv1.Review { return messageOf("bob") }

// Once an approved message is published, rejecting it is about one that the others saw, which is gone then.
func TestAMessageThatWasApprovedIsPublished(t *testing.T) {
	m := newModerators(t)
	id := m.decided(t, messageOf("bob"), approved)
	m.settle(t, m.queue(t, &moderationv1.ListReviewQueueRequest{Status: approved})...)
	got, err := m.overturn(as(t, admin), id, rejected)
	must(t, err)
	if !got.GetIsPublished() {
		t.Errorf("got %v", got)
	}
	_, err = m.overturn(as(t, admin), id, approved)
	wantError(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_DELETED)
}

func TestNobodyDecidesOnTheirOwnMessage(t *testing.T) {
	m := newModerators(t)
	forAlice := auth.Principal{ApplicationID: app, Kind: auth.KindService, UserID: "alice"}
	for _, status := range []moderationv1.Verdict_Status{approved, rejected} {
		id := m.hold(t, messageOf("alice"))
		for _, p := range []auth.Principal{admin, forAlice} {
			_, err := m.review(as(t, p), id, status)
			wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		}
		_, err := m.review(as(t, backEnd), id, status)
		must(t, err)
		_, err = m.overturn(as(t, admin), id, status)
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}

func TestWhatIsNotInTheQueueIsNotFound(t *testing.T) {
	m := newModerators(t)
	withdrawn := m.hold(t, messageOf("bob"))
	_, err := m.ForgetMessages(as(t, chat), &moderationv1.ForgetMessagesRequest{MessageIds: []string{withdrawn}})
	must(t, err)
	for name, c := range map[string]struct {
		by auth.Principal
		id string
	}{
		"a message that was never in it":   {admin, uuid.NewString()},
		"one of another application":       {adminElsewhere, m.hold(t, messageOf("bob"))},
		"one of another application, back": {stranger, m.hold(t, messageOf("bob"))},
		"one that was deleted":             {admin, withdrawn},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := m.overturn(as(t, c.by), c.id, approved)
			wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		})
	}
}

func TestADecisionOnADeletedMessageStands(t *testing.T) {
	m := newModerators(t)
	id := m.decided(t, messageOf("bob"), approved)
	_, err := m.ForgetMessages(as(t, chat), &moderationv1.ForgetMessagesRequest{MessageIds: []string{id}})
	must(t, err)
	_, err = m.overturn(as(t, carol), id, rejected)
	wantError(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_DELETED)
	got, err := m.review(as(t, carol), id, approved)
	must(t, err)
	if got.GetContent() != "" || got.GetReviewedBy() != "alice" {
		t.Errorf("got %v", got)
	}
}

func TestADecisionIsApprovedOrRejected(t *testing.T) {
	m := newModerators(t)
	id := m.hold(t, messageOf("bob"))
	for _, status := range []moderationv1.Verdict_Status{moderationv1.Verdict_status_unspecified, pending} {
		_, err := m.review(as(t, admin), id, status)
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != "status" {
			t.Errorf("at fault are %v", v)
		}
	}
}
