package chat_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat"
)

func TestWhatNeedsAFeatureIsNotStartedWithoutIt(t *testing.T) {
	w := newWorld(t)
	ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindService})
	for name, err := range map[string]error{
		"a group":         call(ctx, w.chat.CreateConversation, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group}),
		"a broadcast":     call(ctx, w.chat.CreateConversation, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_broadcast}),
		"an announcement": call(ctx, w.chat.CreateAnnouncement, announcementTo(toEveryone())),
		"a visit": call(t.Context(), w.chat.StartAnonymousConversation, &chatv1.StartAnonymousConversationRequest{
			ApplicationId: plain, DeviceId: "d", RecipientUserId: "pro",
		}),
	} {
		t.Run(name, func(t *testing.T) { refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED) })
	}
}

// TestWhatIsSwitchedOffIsRefusedAndInNoList switches the features of an application off once it has conversations of every
// type.
func TestWhatIsSwitchedOffIsRefusedAndInNoList(t *testing.T) {
	w := newTown(t)
	group := w.group(t, "bob", "carol")
	w.send(t, "carol", group.GetId(), "bonjour")
	pair, err := w.chat.CreateConversation(as(t, "bob"), &chatv1.CreateConversationRequest{
		Type: chatv1.Conversation_one_to_one, Participants: []*chatv1.NewParticipant{{UserId: "carol"}},
	})
	must(t, err)
	w.send(t, "carol", pair.GetId(), "à toi")
	announcement := w.announce(t, asRoot(t), announcementTo(toEveryone())).GetConversation()

	w.features[app] = chat.Features{}
	for _, c := range []*chatv1.Conversation{group, announcement} {
		for name, err := range w.looksInto(as(t, "bob"), c.GetId()) {
			if rpcerr.Reason(err) != rpcv1.ErrorReason_FEATURE_DISABLED {
				t.Errorf("%s in a %v answers %v", name, c.GetType(), err)
			}
		}
	}
	for name, err := range w.looksInto(as(t, "mallory"), group.GetId()) {
		if rpcerr.Code(err) != codes.NotFound {
			t.Errorf("%s by a stranger answers %v", name, err)
		}
	}
	list, err := w.chat.ListConversations(as(t, "bob"), &chatv1.ListConversationsRequest{})
	must(t, err)
	if len(list.GetConversations()) != 1 || list.GetConversations()[0].GetId() != pair.GetId() || list.GetTotalUnread() != 1 {
		t.Errorf("bob is listed %v", list)
	}
	list, err = w.chat.ListConversations(as(t, "bob"), &chatv1.ListConversationsRequest{Types: []chatv1.Conversation_Type{chatv1.Conversation_group}})
	must(t, err)
	if len(list.GetConversations()) != 0 {
		t.Errorf("of groups, bob is listed %v", list)
	}
}

// looksInto makes calls about a conversation.
func (w *world) looksInto(ctx context.Context, id string) map[string]error {
	return map[string]error{
		"GetConversation":    call(ctx, w.chat.GetConversation, &chatv1.GetConversationRequest{Id: id}),
		"ListMessages":       call(ctx, w.chat.ListMessages, &chatv1.ListMessagesRequest{ConversationId: id}),
		"ListParticipants":   call(ctx, w.chat.ListParticipants, &chatv1.ListParticipantsRequest{ConversationId: id}),
		"SendMessage":        call(ctx, w.chat.SendMessage, &chatv1.SendMessageRequest{ConversationId: id, Content: "x"}),
		"MarkRead":           call(ctx, w.chat.MarkRead, &chatv1.MarkReadRequest{ConversationId: id, Seq: 1}),
		"PinConversation":    call(ctx, w.chat.PinConversation, &chatv1.PinConversationRequest{Id: id}),
		"DeleteConversation": call(ctx, w.chat.DeleteConversation, &chatv1.DeleteConversationRequest{Id: id}),
	}
}
