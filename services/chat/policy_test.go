package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/services/chat"
)

func TestPolicyNamesEveryMethod(t *testing.T) {
	if missing := chat.Policy().Missing(&chatv1.ChatService_ServiceDesc); len(missing) != 0 {
		t.Errorf("nobody may call %v", missing)
	}
}

func TestWhatIsPromisedForLaterSaysSo(t *testing.T) {
	w := newWorld(t)
	_, err := w.chat.ListAnnouncements(as(t, "alice"), &chatv1.ListAnnouncementsRequest{})
	refused(t, err, codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED)
}
