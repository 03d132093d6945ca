package moderation_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestOfAForgottenMessageNoTextIsLeft(t *testing.T) {
	m := newModerators(t)
	waits, done, passed := m.hold(t, messageOf("bob")), m.decided(t, messageOf("bob"), rejected), m.decided(t, messageOf("bob"), approved)
	appealed := m.decided(t, messageOf("bob"), rejected)
	_, err := m.appeal(as(t, member), appealed, "Une citation.")
	must(t, err)
	_, err = m.review(as(t, admin), appealed, rejected)
	must(t, err)
	_, err = m.ForgetMessages(as(t, chat), &moderationv1.ForgetMessagesRequest{MessageIds: []string{waits, done, passed, appealed}})
	must(t, err)
	if got := m.queue(t, &moderationv1.ListReviewQueueRequest{}); len(got) != 0 {
		t.Errorf("there wait %v", got)
	}
	for status, want := range map[moderationv1.Verdict_Status]int{rejected: 2, approved: 1} {
		got := m.queue(t, &moderationv1.ListReviewQueueRequest{Status: status})
		if len(got) != want {
			t.Errorf("%s are %v", status, got)
		}
		for _, r := range got {
			if r.GetContent() != "" || r.GetAppeal() != "" {
				t.Errorf("left is %v", r)
			}
		}
	}
}

func TestForgetMessagesIsOfOneApplication(t *testing.T) {
	m := newModerators(t)
	id := m.hold(t, messageOf("bob"))
	elsewhere := chat
	elsewhere.ApplicationID = "resalice"
	_, err := m.ForgetMessages(as(t, elsewhere), &moderationv1.ForgetMessagesRequest{MessageIds: []string{id}})
	must(t, err)
	if got := m.queue(t, &moderationv1.ListReviewQueueRequest{}); len(got) != 1 || got[0].GetContent() == "" {
		t.Errorf("there wait %v", got)
	}
	_, err = m.ForgetMessages(as(t, allPeer), &moderationv1.ForgetMessagesRequest{MessageIds: []string{id}})
	wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
}
