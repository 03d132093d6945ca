package moderation_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestAHeldMessageIsInTheQueueOnce(t *testing.T) {
	m := newModerators(t)
	held := messageOf("bob")
	m.hold(t, held)
	m.hold(t, held)
	want := proto.CloneOf(held)
	want.ApplicationId, want.Status = app, pending
	if got := m.queue(t, &moderationv1.ListReviewQueueRequest{}); len(got) != 1 || !proto.Equal(got[0], want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAMessageThatWasEditedWaitsAgain(t *testing.T) {
	m := newModerators(t)
	held := flagged()
	id := m.decided(t, held, approved)
	held.Content = "flûte"
	_, err := m.HoldMessage(as(t, chat), &moderationv1.HoldMessageRequest{Review: held, IsEdit: true})
	must(t, err)
	if got := m.queue(t, &moderationv1.ListReviewQueueRequest{}); len(got) != 1 || got[0].GetMessageId() != id || got[0].GetContent() != "flûte" {
		t.Errorf("got %v", got)
	}
}

func TestWhenAMessageWasWrittenNeedNotBeSaid(t *testing.T) {
	m := newModerators(t)
	held := messageOf("bob")
	held.CreatedAt = nil
	m.hold(t, held)
	if got := m.queue(t, &moderationv1.ListReviewQueueRequest{}); got[0].GetCreatedAt().AsTime().Before(noon) {
		t.Errorf("got %v", got)
	}
}

func TestOfAMessageFullOfHitsTheFirstAreKept(t *testing.T) {
	m := newModerators(t)
	held := messageOf("bob")
	held.Content = strings.Repeat("zut ", 2000)
	reason := held.GetReasons()[0]
	reason.Message = strings.Repeat("é", 100)
	held.Reasons = slices.Repeat([]*moderationv1.Reason{reason}, 2000)
	m.hold(t, held)
	got := m.queue(t, &moderationv1.ListReviewQueueRequest{})[0]
	if n := len(got.GetReasons()); n < 200 || n >= 2000 || got.GetContent() != held.GetContent() {
		t.Errorf("%d reasons are left", n)
	}
}

func TestHoldMessageNamesWhatIsWrong(t *testing.T) {
	m := newModerators(t)
	for field, spoil := range map[string]func(*moderationv1.Review){
		"review.messageId":      func(r *moderationv1.Review) { r.MessageId = "m1" },
		"review.conversationId": func(r *moderationv1.Review) { r.ConversationId = "" },
		"review.senderId":       func(r *moderationv1.Review) { r.SenderId = "" },
		"review.content":        func(r *moderationv1.Review) { r.Content = strings.Repeat("a", 64<<10+1) },
	} {
		held := messageOf("bob")
		spoil(held)
		_, err := m.HoldMessage(as(t, chat), &moderationv1.HoldMessageRequest{Review: held})
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		if v := rpcerr.FieldViolations(err); len(v) != 1 || v[0].Field != field {
			t.Errorf("%s: at fault are %v", field, v)
		}
	}
	_, err := m.HoldMessage(as(t, allPeer), &moderationv1.HoldMessageRequest{Review: messageOf("bob")})
	wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
}
