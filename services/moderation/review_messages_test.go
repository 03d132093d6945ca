package moderation_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestMessagesAreDecidedOnEachByItself(t *testing.T) {
	m := newModerators(t)
	waits, done := m.hold(t, messageOf("bob")), m.decided(t, messageOf("bob"), rejected)
	passed, own, none := m.decided(t, messageOf("bob"), approved), m.hold(t, messageOf("alice")), uuid.NewString()
	answer, err := m.ReviewMessages(as(t, admin), &moderationv1.ReviewMessagesRequest{
		MessageIds: []string{waits, done, passed, own, none}, Status: rejected, Note: "en masse",
	})
	must(t, err)
	var decided []string
	for _, r := range answer.GetMessages() {
		if r.GetStatus() != rejected {
			t.Errorf("one is %v", r)
		}
		decided = append(decided, r.GetMessageId())
	}
	if !slices.Equal(decided, []string{waits, done}) || !slices.Equal(answer.GetFailedMessageIds(), []string{passed, own, none}) {
		t.Errorf("decided %q, failed %q", decided, answer.GetFailedMessageIds())
	}
	if got := m.queue(t, &moderationv1.ListReviewQueueRequest{}); len(got) != 1 || got[0].GetMessageId() != own {
		t.Errorf("what waits is %v", got)
	}
}

func TestNothingOfAnotherApplicationIsDecidedOn(t *testing.T) {
	m := newModerators(t)
	id := m.hold(t, messageOf("bob"))
	answer, err := m.ReviewMessages(as(t, adminElsewhere), &moderationv1.ReviewMessagesRequest{MessageIds: []string{id}, Status: approved})
	must(t, err)
	if len(answer.GetMessages()) != 0 || !slices.Equal(answer.GetFailedMessageIds(), []string{id}) {
		t.Errorf("got %v", answer)
	}
}

func TestReviewMessagesTakesTwoHundredDifferentOnes(t *testing.T) {
	m := newModerators(t)
	many := make([]string, 201)
	for i := range many {
		many[i] = uuid.NewString()
	}
	for name, ids := range map[string][]string{"none": nil, "too many": many, "the same": {many[0], many[0]}, "no ids": {"m1"}} {
		t.Run(name, func(t *testing.T) {
			_, err := m.ReviewMessages(as(t, admin), &moderationv1.ReviewMessagesRequest{MessageIds: ids, Status: approved})
			wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		})
	}
	answer, err := m.ReviewMessages(as(t, admin), &moderationv1.ReviewMessagesRequest{MessageIds: many[:200], Status: approved})
	must(t, err)
	if len(answer.GetFailedMessageIds()) != 200 {
		t.Errorf("%d of 200 failed", len(answer.GetFailedMessageIds()))
	}
}
