package moderation_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestASenderAppeals(t *testing.T) {
	for name, c := range map[string]struct {
		by     auth.Principal
		status moderationv1.Verdict_Status // what was decided before, if anything
	}{
		"of a held message":                 {member, 0},
		"of a rejected one":                 {member, rejected},
		"of a held one, as a visitor":       {visitor, 0},
		"of a rejected one, as a visitor":   {visitor, rejected},
		"of a held one, through a back end": {forBob, 0},
		"of a rejected one, being an admin": {carol, rejected},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModerators(t)
			id := m.hold(t, messageOf(c.by.Subject()))
			if c.status != 0 {
				_, err := m.review(as(t, admin), id, c.status)
				must(t, err)
			}
			got, err := m.appeal(as(t, c.by), id, " C’est une citation. ")
			must(t, err)
			if got.GetStatus() != pending || got.GetAppeal() != "C’est une citation." || got.GetAppealedAt() == nil {
				t.Errorf("they are answered %v", got)
			}
			if waits := m.queue(t, &moderationv1.ListReviewQueueRequest{AppealedOnly: true}); len(waits) != 1 || waits[0].GetAppeal() != "C’est une citation." {
				t.Errorf("moderators see %v", waits)
			}
		})
	}
}

func TestAnAppealIsDecidedOnLikeAnyOther(t *testing.T) {
	for _, status := range []moderationv1.Verdict_Status{approved, rejected} {
		m := newModerators(t)
		id := m.decided(t, messageOf("bob"), rejected)
		_, err := m.appeal(as(t, member), id, "Une citation.")
		must(t, err)
		got, err := m.review(as(t, carol), id, status)
		must(t, err)
		if got.GetStatus() != status || got.GetReviewedBy() != "carol" || got.GetAppeal() != "Une citation." {
			t.Errorf("got %v", got)
		}
	}
}

func TestThereIsOneAppeal(t *testing.T) {
	m := newModerators(t)
	id := m.decided(t, messageOf("bob"), rejected)
	for range 2 { // The same again is the same answer.
		got, err := m.appeal(as(t, member), id, "Une citation.")
		must(t, err)
		if got.GetAppeal() != "Une citation." {
			t.Errorf("got %v", got)
		}
	}
	_, err := m.appeal(as(t, member), id, "Vraiment.")
	wantError(t, err, codes.AlreadyExists, rpcv1.ErrorReason_ALREADY_EXISTS)

	_, err = m.review(as(t, admin), id, rejected)
	must(t, err)
	got, err := m.appeal(as(t, member), id, "Une citation.")
	must(t, err)
	if got.GetStatus() != rejected {
		t.Error("it waits once more")
	}
}

func TestASenderIsNotToldWhatIsBetweenModerators(t *testing.T) {
	m := newModerators(t)
	id := m.hold(t, messageOf("bob"))
	_, err := m.appeal(as(t, member), id, "Une citation.")
	must(t, err)
	_, err = m.review(as(t, admin), id, rejected)
	must(t, err)
	got, err := m.appeal(as(t, member), id, "Une citation.")
	must(t, err)
	if got.GetReviewedBy() != "" || got.GetNote() != "" || len(got.GetReasons()) != 1 || got.GetReasons()[0].GetRule() != "bad_words" {
		t.Errorf("they are told %v", got)
	}
}

func TestWhatIsNotOnesOwnToAppealIsNotFound(t *testing.T) {
	m := newModerators(t)
	forgotten := m.hold(t, messageOf("bob"))
	_, err := m.ForgetMessages(as(t, chat), &moderationv1.ForgetMessagesRequest{MessageIds: []string{forgotten}})
	must(t, err)
	for name, c := range map[string]struct {
		by auth.Principal
		id string
	}{
		"somebody else's":                       {member, m.hold(t, messageOf("eve"))},
		"a user's, to a visitor of the same id": {visitor, m.hold(t, messageOf("0190"))},
		"a visitor's, to a user of the same id": {auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "0190"}, m.hold(t, messageOf("anon:0190"))},
		"somebody's, to an admin":               {admin, m.hold(t, messageOf("bob"))},
		"one's own in another application":      {bobElsewhere, m.hold(t, messageOf("bob"))},
		"what is published and only looked at":  {member, m.hold(t, flagged())},
		"what was approved":                     {member, m.decided(t, messageOf("bob"), approved)},
		"what was deleted":                      {member, forgotten},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := m.appeal(as(t, c.by), c.id, "Une citation.")
			wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		})
	}
}

func TestWhatIsGoneCannotBeAppealed(t *testing.T) {
	m := newModerators(t)
	deleted := m.decided(t, messageOf("bob"), rejected)
	_, err := m.ForgetMessages(as(t, chat), &moderationv1.ForgetMessagesRequest{MessageIds: []string{deleted}})
	must(t, err)
	for name, id := range map[string]string{"taken back by its sender": deleted, "taken away by a moderator": m.decided(t, flagged(), rejected)} {
		t.Run(name, func(t *testing.T) {
			_, err := m.appeal(as(t, member), id, "Une citation.")
			wantError(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_DELETED)
		})
	}
}

func TestAnAppealSaysSomething(t *testing.T) {
	m := newModerators(t)
	id := m.hold(t, messageOf("bob"))
	for _, note := range []string{"", " \n", strings.Repeat("é", 1001)} {
		_, err := m.appeal(as(t, member), id, note)
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != "note" {
			t.Errorf("at fault are %v", v)
		}
	}
	_, err := m.appeal(as(t, member), id, strings.Repeat("😀", 1000))
	must(t, err)
}
