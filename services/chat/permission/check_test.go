package permission_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat/permission"
)

// What the tables say is tried on the server, by services/chat/permissions_test.go.

func TestARefusalSaysToWhomItIsLeft(t *testing.T) {
	member := permission.Caller{Subject: "bob", Participant: &chatv1.Participant{UserId: "bob", Role: chatv1.Participant_member}}
	for _, tt := range []struct {
		action permission.Action
		kind   chatv1.Conversation_Type
		code   codes.Code
		want   string
	}{
		{permission.Pin, chatv1.Conversation_group, codes.PermissionDenied, "Only an admin of the conversation may pin the conversation."},
		{permission.DeleteConversation, chatv1.Conversation_one_to_one, codes.PermissionDenied, "Only a back end may delete the conversation."},
		{permission.EditOthers, chatv1.Conversation_group, codes.PermissionDenied, "Nobody may edit somebody else's message."},
		{permission.Leave, chatv1.Conversation_one_to_one, codes.FailedPrecondition, "Conversations of this type do not let anybody leave."},
	} {
		err := permission.Check(tt.action, &chatv1.Conversation{Type: tt.kind}, member, time.Now())
		if rpcerr.Code(err) != tt.code || rpcerr.Reason(err) != rpcv1.ErrorReason_NOT_ALLOWED || rpcerr.Message(err) != tt.want {
			t.Errorf("%v: %q", rpcerr.Code(err), rpcerr.Message(err))
		}
	}
}

// Every message asks twice whether it may be written.
func TestAYesAllocatesNothing(t *testing.T) {
	c, who, now := writer()
	if n := testing.AllocsPerRun(100, func() { _ = permission.Check(permission.Write, c, who, now) }); n != 0 {
		t.Errorf("a decision allocates %v times", n)
	}
}

func BenchmarkMayWrite(b *testing.B) {
	c, who, now := writer()
	b.ReportAllocs()
	for b.Loop() {
		if err := permission.Check(permission.Write, c, who, now); err != nil {
			b.Fatal(err)
		}
	}
}

// writer is an admin where only those write: the last row that can say so.
func writer() (*chatv1.Conversation, permission.Caller, time.Time) {
	c := &chatv1.Conversation{Type: chatv1.Conversation_group, ReplyPermission: chatv1.Conversation_admins_only, CreatedBy: "alice"}
	admin := &chatv1.Participant{UserId: "bob", Role: chatv1.Participant_admin}
	return c, permission.Caller{Subject: "bob", Participant: admin}, time.Now()
}
