package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestWhatACallerMayNotSeeIsNotFound(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	m := w.send(t, "alice", c.GetId(), "bonjour")
	id, mallory := c.GetId(), as(t, "mallory")
	calls := map[string]error{}
	_, calls["GetConversation"] = w.chat.GetConversation(mallory, &chatv1.GetConversationRequest{Id: id})
	_, calls["UpdateConversation"] = w.chat.UpdateConversation(mallory, &chatv1.UpdateConversationRequest{Id: id})
	_, calls["DeleteConversation"] = w.chat.DeleteConversation(mallory, &chatv1.DeleteConversationRequest{Id: id})
	_, calls["PinConversation"] = w.chat.PinConversation(mallory, &chatv1.PinConversationRequest{Id: id})
	_, calls["SetReplyPermission"] = w.chat.SetReplyPermission(mallory, &chatv1.SetReplyPermissionRequest{Id: id, ReplyPermission: chatv1.Conversation_none})
	_, calls["AddParticipant"] = w.chat.AddParticipant(mallory, &chatv1.AddParticipantRequest{ConversationId: id, UserId: "mallory"})
	_, calls["RemoveParticipant"] = w.chat.RemoveParticipant(mallory, &chatv1.RemoveParticipantRequest{ConversationId: id, ParticipantId: c.GetParticipants()[0].GetId()})
	_, calls["ListParticipants"] = w.chat.ListParticipants(mallory, &chatv1.ListParticipantsRequest{ConversationId: id})
	_, calls["SendMessage"] = w.chat.SendMessage(mallory, &chatv1.SendMessageRequest{ConversationId: id, Content: "x"})
	_, calls["GetMessage"] = w.chat.GetMessage(mallory, &chatv1.GetMessageRequest{Id: m.GetId()})
	_, calls["ListMessages"] = w.chat.ListMessages(mallory, &chatv1.ListMessagesRequest{ConversationId: id})
	_, calls["DeleteMessage"] = w.chat.DeleteMessage(mallory, &chatv1.DeleteMessageRequest{Id: m.GetId()})
	_, calls["MarkRead"] = w.chat.MarkRead(mallory, &chatv1.MarkReadRequest{ConversationId: id, Seq: 1})
	_, calls["MarkDelivered"] = w.chat.MarkDelivered(mallory, &chatv1.MarkDeliveredRequest{ConversationId: id, Seq: 1})
	for call, err := range calls {
		if rpcerr.Code(err) != codes.NotFound || rpcerr.Reason(err) != rpcv1.ErrorReason_NOT_FOUND {
			t.Errorf("%s answers %v", call, err)
		}
	}
}

func TestOnlyAdminsChangeAGroup(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob", "carol")
	id, bob := c.GetId(), as(t, "bob")
	calls := map[string]error{}
	_, calls["UpdateConversation"] = w.chat.UpdateConversation(bob, &chatv1.UpdateConversationRequest{Id: id})
	_, calls["DeleteConversation"] = w.chat.DeleteConversation(bob, &chatv1.DeleteConversationRequest{Id: id})
	_, calls["PinConversation"] = w.chat.PinConversation(bob, &chatv1.PinConversationRequest{Id: id})
	_, calls["SetReplyPermission"] = w.chat.SetReplyPermission(bob, &chatv1.SetReplyPermissionRequest{Id: id, ReplyPermission: chatv1.Conversation_none})
	_, calls["AddParticipant"] = w.chat.AddParticipant(bob, &chatv1.AddParticipantRequest{ConversationId: id, UserId: "dave"})
	_, calls["RemoveParticipant"] = w.chat.RemoveParticipant(bob, &chatv1.RemoveParticipantRequest{ConversationId: id, ParticipantId: participantOf(t, c, "carol").GetId()})
	_, calls["UpdateParticipant"] = w.chat.UpdateParticipant(bob, &chatv1.UpdateParticipantRequest{ConversationId: id, ParticipantId: participantOf(t, c, "bob").GetId(), Role: chatv1.Participant_admin.Enum()})
	for call, err := range calls {
		if rpcerr.Code(err) != codes.PermissionDenied || rpcerr.Reason(err) != rpcv1.ErrorReason_NOT_ALLOWED {
			t.Errorf("%s by a member answers %v", call, err)
		}
	}
	// What bob may: leave. What alice may not: leave without an heir.
	_, err := w.chat.RemoveParticipant(bob, &chatv1.RemoveParticipantRequest{ConversationId: id, ParticipantId: participantOf(t, c, "bob").GetId()})
	must(t, err)
	_, err = w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{ConversationId: id, ParticipantId: participantOf(t, c, "alice").GetId()})
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_LAST_ADMIN)
}

func TestWhoMayWrite(t *testing.T) {
	w := newWorld(t)
	yes, no := true, false
	for name, tt := range map[string]struct {
		permission chatv1.Conversation_ReplyPermission
		who        string // alice created it and is admin, bob is a member, rita reads only
		override   *bool
		may        bool
	}{
		"all: a member":                         {chatv1.Conversation_all, "bob", nil, true},
		"all: one who reads only":               {chatv1.Conversation_all, "rita", nil, false},
		"all: a member who is silenced":         {chatv1.Conversation_all, "bob", &no, false},
		"admins_only: an admin":                 {chatv1.Conversation_admins_only, "alice", nil, true},
		"admins_only: a member":                 {chatv1.Conversation_admins_only, "bob", nil, false},
		"admins_only: a member who may":         {chatv1.Conversation_admins_only, "bob", &yes, true},
		"sender_only: who created it":           {chatv1.Conversation_sender_only, "alice", nil, true},
		"sender_only: a member":                 {chatv1.Conversation_sender_only, "bob", nil, false},
		"none: an admin":                        {chatv1.Conversation_none, "alice", nil, false},
		"none: an admin who may":                {chatv1.Conversation_none, "alice", &yes, true},
		"all: one who reads only and may write": {chatv1.Conversation_all, "rita", &yes, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := w.chat.CreateConversation(as(t, "alice"), &chatv1.CreateConversationRequest{
				Type:            chatv1.Conversation_group,
				ReplyPermission: tt.permission,
				Participants:    []*chatv1.NewParticipant{{UserId: "bob"}, {UserId: "rita", Role: chatv1.Participant_read_only}},
			})
			must(t, err)
			if tt.override != nil {
				_, err := w.chat.UpdateParticipant(as(t, "alice"), &chatv1.UpdateParticipantRequest{
					ConversationId: c.GetId(), ParticipantId: participantOf(t, c, tt.who).GetId(), CanReply: tt.override,
				})
				must(t, err)
			}
			_, err = w.chat.SendMessage(as(t, tt.who), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "bonjour"})
			if tt.may {
				must(t, err)
			} else {
				refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED)
			}
		})
	}
}
