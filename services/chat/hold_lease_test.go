package chat_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

func TestALeaseIsOneProcessesAtATime(t *testing.T) {
	w := newWorld(t)
	gateway := auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "mqtt"})
	told := map[string]string{}
	hold := func(owner string, ttl time.Duration) bool {
		t.Helper()
		answer, err := w.chat.HoldLease(gateway, &chatv1.HoldLeaseRequest{Name: "gw-0", Owner: owner, Ttl: durationpb.New(ttl)})
		must(t, err)
		if answer.GetHeld() != (answer.GetSecret() != "") {
			t.Errorf("%s has it: %v, and is told %q", owner, answer.GetHeld(), answer.GetSecret())
		}
		if answer.GetHeld() {
			told[owner] = answer.GetSecret()
		}
		return answer.GetHeld()
	}
	if !hold("a", time.Minute) || hold("b", time.Minute) || !hold("a", time.Minute) {
		t.Error("it is not the first owner's alone")
	}
	if hold("b", 0) || hold("b", time.Minute) {
		t.Error("another owner gave it back")
	}
	if hold("a", 0) || !hold("b", time.Minute) {
		t.Error("what was given back is still held")
	}
	if told["a"] != told["b"] {
		t.Error("the owner after the first is told another secret")
	}

	t.Run("and only components have any", func(t *testing.T) {
		_, err := w.chat.HoldLease(as(t, "bob"), &chatv1.HoldLeaseRequest{Name: "gw-0", Owner: "bob"})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})
	t.Run("for minutes, not for ever", func(t *testing.T) {
		_, err := w.chat.HoldLease(gateway, &chatv1.HoldLeaseRequest{Name: "gw-0", Owner: "c", Ttl: durationpb.New(time.Hour)})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})
}
