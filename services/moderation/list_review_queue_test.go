package moderation_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestTheQueueHasWhatWaitsAndOthersWhenAsked(t *testing.T) {
	m := newModerators(t)
	waits := m.hold(t, messageOf("bob"))
	passed, refused := m.decided(t, messageOf("bob"), approved), m.decided(t, messageOf("bob"), rejected)
	for status, want := range map[moderationv1.Verdict_Status]string{
		moderationv1.Verdict_status_unspecified: waits, pending: waits, approved: passed, rejected: refused,
	} {
		got := m.queue(t, &moderationv1.ListReviewQueueRequest{Status: status})
		if len(got) != 1 || got[0].GetMessageId() != want {
			t.Errorf("%s: got %v, want %s", status, got, want)
		}
	}
}

func TestTheQueueIsSearched(t *testing.T) {
	m := newModerators(t)
	m.hold(t, messageOf("bob"))
	m.hold(t, messageOf("anon:0190"))
	_, err := m.appeal(as(t, visitor), m.hold(t, messageOf("anon:0190")), "Une citation.")
	must(t, err)
	for name, c := range map[string]struct {
		ask  *moderationv1.ListReviewQueueRequest
		want int
	}{
		"by sender":              {&moderationv1.ListReviewQueueRequest{SenderId: "anon:0190"}, 2},
		"by rule":                {&moderationv1.ListReviewQueueRequest{Rule: "bad_words"}, 3},
		"by a rule not in it":    {&moderationv1.ListReviewQueueRequest{Rule: "being_tried"}, 0},
		"by conversation":        {&moderationv1.ListReviewQueueRequest{ConversationId: messageOf("bob").GetConversationId()}, 3},
		"for appeals":            {&moderationv1.ListReviewQueueRequest{AppealedOnly: true}, 1},
		"for appeals, by sender": {&moderationv1.ListReviewQueueRequest{AppealedOnly: true, SenderId: "bob"}, 0},
	} {
		if got := m.queue(t, c.ask); len(got) != c.want {
			t.Errorf("%s: %d messages, want %d", name, len(got), c.want)
		}
	}
}

func TestPagesOfTheQueuePutTogetherAreTheQueue(t *testing.T) {
	m := newModerators(t)
	var want []string
	for i := range 11 {
		held := messageOf("bob")
		held.CreatedAt = timestamppb.New(noon.Add(time.Duration(i) * time.Second))
		want = append(want, m.hold(t, held))
	}
	req, at := &moderationv1.ListReviewQueueRequest{Limit: 3}, 0
	for pages := 1; ; pages++ {
		page, err := m.ListReviewQueue(as(t, admin), req)
		must(t, err)
		for _, r := range page.GetMessages() {
			if r.GetMessageId() != want[at] {
				t.Fatalf("message %d is %s, want %s", at, r.GetMessageId(), want[at])
			}
			at++
		}
		if page.NextPageToken == nil {
			if pages != 4 || at != len(want) {
				t.Errorf("%d messages on %d pages", at, pages)
			}
			return
		}
		req.PageToken = page.GetNextPageToken()
	}
}

func TestTheQueueNamesWhatIsWrong(t *testing.T) {
	m := newModerators(t)
	for field, c := range map[string]struct {
		req    *moderationv1.ListReviewQueueRequest
		reason rpcv1.ErrorReason
	}{
		"limit":          {&moderationv1.ListReviewQueueRequest{Limit: 201}, rpcv1.ErrorReason_INVALID_ARGUMENT},
		"pageToken":      {&moderationv1.ListReviewQueueRequest{PageToken: "x"}, rpcv1.ErrorReason_INVALID_CURSOR},
		"conversationId": {&moderationv1.ListReviewQueueRequest{ConversationId: "x"}, rpcv1.ErrorReason_INVALID_ARGUMENT},
		"status":         {&moderationv1.ListReviewQueueRequest{Status: 9}, rpcv1.ErrorReason_INVALID_ARGUMENT},
	} {
		_, err := m.ListReviewQueue(as(t, admin), c.req)
		wantError(t, err, codes.InvalidArgument, c.reason)
		if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != field {
			t.Errorf("%s: at fault are %v", field, v)
		}
	}
}
