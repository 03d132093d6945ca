package moderation_test

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// log writes what the log has, in short.
func (m moderators) log(t *testing.T, by auth.Principal, req *moderationv1.ListModerationLogRequest) (entries []string, next string) {
	t.Helper()
	answer, err := m.ListModerationLog(as(t, by), req)
	must(t, err)
	for _, e := range answer.GetEntries() {
		entries = append(entries, e.GetAction()+" by "+e.GetUserId()+": "+e.GetNote())
	}
	return entries, answer.GetNextPageToken()
}

func TestTheLogHasWhatWasDoneLatestFirst(t *testing.T) {
	m := newModerators(t)
	id := m.decided(t, messageOf("bob"), rejected)
	m.decided(t, messageOf("bob"), approved)
	_, err := m.appeal(as(t, member), id, "Une citation.")
	must(t, err)
	_, err = m.review(as(t, backEnd), id, approved)
	must(t, err)
	want := []string{"approved by : vu", "appealed by bob: ", "approved by alice: vu", "rejected by alice: vu"}
	if got, _ := m.log(t, carol, &moderationv1.ListModerationLogRequest{}); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, _ := m.log(t, carol, &moderationv1.ListModerationLogRequest{MessageId: id}); !slices.Equal(got, []string{want[0], want[1], want[3]}) {
		t.Errorf("of the message, got %q", got)
	}
	if got, _ := m.log(t, stranger, &moderationv1.ListModerationLogRequest{MessageId: id}); got != nil {
		t.Errorf("another application got %q", got)
	}
	t.Run("page by page", func(t *testing.T) {
		var all []string
		req := &moderationv1.ListModerationLogRequest{Limit: 3}
		for more := true; more; more = req.PageToken != "" {
			var page []string
			page, req.PageToken = m.log(t, carol, req)
			all = append(all, page...)
		}
		if !slices.Equal(all, want) {
			t.Errorf("got %q", all)
		}
	})
}

func TestWhatWasRefusedIsNotInTheLog(t *testing.T) {
	m := newModerators(t)
	id := m.decided(t, messageOf("bob"), rejected)
	_, err := m.review(as(t, carol), id, approved)
	wantError(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_ALREADY_REVIEWED)
	_, err = m.review(as(t, carol), id, rejected)
	must(t, err)
	if got, _ := m.log(t, admin, &moderationv1.ListModerationLogRequest{}); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

func TestTheLogNamesWhatIsWrong(t *testing.T) {
	m := newModerators(t)
	for field, req := range map[string]*moderationv1.ListModerationLogRequest{
		"limit": {Limit: 201}, "pageToken": {PageToken: "e30"}, "messageId": {MessageId: "x"},
	} {
		_, err := m.ListModerationLog(as(t, admin), req)
		if v := rpcerr.FieldViolations(err); rpcerr.Code(err) != codes.InvalidArgument || len(v) != 1 || v[0].Field != field {
			t.Errorf("%s: %v, at fault are %v", field, err, v)
		}
	}
}
