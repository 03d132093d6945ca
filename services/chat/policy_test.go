package chat_test

import (
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

func TestPolicyNamesEveryMethod(t *testing.T) {
	if missing := chat.Policy().Missing(&chatv1.ChatService_ServiceDesc); len(missing) != 0 {
		t.Errorf("nobody may call %v", missing)
	}
}
