package chat_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// visitor is someone without account, with the token they were given.
type visitor struct {
	*chatv1.StartAnonymousConversationResponse
	ctx context.Context
}

func (v visitor) conversation() string { return v.GetConversation().GetId() }

// visits lets a visitor of that name write to pro.
func (w *world) visits(t *testing.T, name string) visitor {
	t.Helper()
	answer, err := w.chat.StartAnonymousConversation(t.Context(), &chatv1.StartAnonymousConversationRequest{
		ApplicationId: app, DeviceId: "device", Name: name, Email: "visitor@example.org", RecipientUserId: "pro",
	})
	must(t, err)
	return visitor{answer, bearing(t, answer.GetToken())}
}

// bearing makes calls from outside, with a token.
func bearing(t *testing.T, token string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

// says sends a message as the bearer of a token.
func (w *world) says(ctx context.Context, t *testing.T, conversation, content string) *chatv1.Message {
	t.Helper()
	m, err := w.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: conversation, Content: content})
	must(t, err)
	return m
}

// callsOfVisitors makes every call that is open to visitors, for a conversation and a message there.
func (w *world) callsOfVisitors(ctx context.Context, v visitor, conversation, message string) map[string]error {
	id := v.GetAnonymousUser().GetId()
	calls := map[string]error{}
	_, calls["GetConversation"] = w.chat.GetConversation(ctx, &chatv1.GetConversationRequest{Id: conversation})
	_, calls["ListParticipants"] = w.chat.ListParticipants(ctx, &chatv1.ListParticipantsRequest{ConversationId: conversation})
	_, calls["SendMessage"] = w.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: conversation, Content: "x"})
	_, calls["GetMessage"] = w.chat.GetMessage(ctx, &chatv1.GetMessageRequest{Id: message})
	_, calls["ListMessages"] = w.chat.ListMessages(ctx, &chatv1.ListMessagesRequest{ConversationId: conversation})
	_, calls["UpdateMessage"] = w.chat.UpdateMessage(ctx, &chatv1.UpdateMessageRequest{Id: message, Status: chatv1.Message_read.Enum()})
	_, calls["DeleteMessage"] = w.chat.DeleteMessage(ctx, &chatv1.DeleteMessageRequest{Id: message})
	_, calls["MarkDelivered"] = w.chat.MarkDelivered(ctx, &chatv1.MarkDeliveredRequest{ConversationId: conversation, Seq: 1})
	_, calls["MarkRead"] = w.chat.MarkRead(ctx, &chatv1.MarkReadRequest{ConversationId: conversation, Seq: 1})
	_, calls["ListConversations"] = w.chat.ListConversations(ctx, &chatv1.ListConversationsRequest{})
	_, calls["ListEvents"] = w.chat.ListEvents(ctx, &chatv1.ListEventsRequest{})
	_, calls["GetAnonymousUser"] = w.chat.GetAnonymousUser(ctx, &chatv1.GetAnonymousUserRequest{Id: id})
	_, calls["ExportAnonymousUser"] = w.chat.ExportAnonymousUser(ctx, &chatv1.ExportAnonymousUserRequest{Id: id})
	_, calls["StartAnonymousConversation"] = w.chat.StartAnonymousConversation(ctx, &chatv1.StartAnonymousConversationRequest{
		ApplicationId: app, DeviceId: "d", RecipientUserId: "pro",
	})
	stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{Cursor: "MS4w"})
	if err == nil {
		_, err = stream.Recv()
	}
	calls["StreamEvents"] = err
	// Last, since nothing comes after it.
	_, calls["EraseAnonymousUser"] = w.chat.EraseAnonymousUser(ctx, &chatv1.EraseAnonymousUserRequest{Id: id})
	return calls
}

// dead says that every call with a visitor's token is refused because it is worth nothing any more.
func (w *world) dead(t *testing.T, v visitor, message string) {
	t.Helper()
	for call, err := range w.callsOfVisitors(v.ctx, v, v.conversation(), message) {
		if rpcerr.Code(err) != codes.Unauthenticated || rpcerr.Reason(err) != rpcv1.ErrorReason_TOKEN_REVOKED {
			t.Errorf("%s with a dead token answers %v", call, err)
		}
	}
	// As a gateway makes them, that knows no more of the visitor than their name.
	ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindVisitor, UserID: v.GetAnonymousUser().GetId()})
	_, err := w.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: v.conversation(), Content: "x"})
	refused(t, err, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_REVOKED)
}

func TestAVisitorDoesInTheirConversationWhatAnyoneDoes(t *testing.T) {
	w := newWorld(t)
	v := w.visits(t, "Zoé")
	m := w.says(v.ctx, t, v.conversation(), "bonjour")
	if m.GetSenderType() != chatv1.Message_anonymous || m.GetSenderId() != v.GetAnonymousUser().GetId() || m.GetSenderName() != "Zoé" {
		t.Errorf("the message is %v", m)
	}
	calls := w.callsOfVisitors(v.ctx, v, v.conversation(), m.GetId())
	for _, call := range []string{"GetConversation", "ListParticipants", "SendMessage", "GetMessage", "ListMessages", "UpdateMessage", "DeleteMessage", "MarkDelivered", "MarkRead", "ListConversations", "ListEvents", "GetAnonymousUser", "ExportAnonymousUser", "StreamEvents"} {
		if calls[call] != nil {
			t.Errorf("%s: %v", call, calls[call])
		}
	}
}

func TestAVisitorSeesOneConversationOnly(t *testing.T) {
	w := newWorld(t)
	v, other := w.visits(t, "Zoé"), w.visits(t, "Max")
	m := w.says(other.ctx, t, other.conversation(), "bonjour")
	group := w.group(t, "alice", "bob")
	said := w.send(t, "alice", group.GetId(), "entre nous")

	for where, at := range map[string][2]string{"another visitor's": {other.conversation(), m.GetId()}, "a group": {group.GetId(), said.GetId()}} {
		calls := w.callsOfVisitors(v.ctx, other, at[0], at[1])
		for _, mine := range []string{"ListConversations", "ListEvents", "StreamEvents", "StartAnonymousConversation"} {
			delete(calls, mine)
		}
		for call, err := range calls {
			if rpcerr.Code(err) != codes.NotFound || rpcerr.Reason(err) != rpcv1.ErrorReason_NOT_FOUND {
				t.Errorf("%s for %s answers %v", call, where, err)
			}
		}
	}
	list, err := w.chat.ListConversations(v.ctx, &chatv1.ListConversationsRequest{})
	must(t, err)
	if len(list.GetConversations()) != 1 || list.GetConversations()[0].GetId() != v.conversation() {
		t.Errorf("Zoé is listed %v", list)
	}
	events, err := w.chat.ListEvents(v.ctx, &chatv1.ListEventsRequest{AfterCursor: "MS4w"})
	must(t, err)
	for _, e := range events.GetEvents() {
		if e.GetConversationId() != v.conversation() {
			t.Errorf("Zoé is told %v", e)
		}
	}
	// The token is good for its conversation, whatever memberships say.
	elsewhere := auth.ActAs(t.Context(), auth.Principal{
		ApplicationID: app, Kind: auth.KindVisitor, UserID: other.GetAnonymousUser().GetId(), ConversationID: v.conversation(),
	})
	_, err = w.chat.GetConversation(elsewhere, &chatv1.GetConversationRequest{Id: other.conversation()})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
}

func TestWhatIsNotForVisitors(t *testing.T) {
	w := newWorld(t)
	v := w.visits(t, "Zoé")
	id := v.conversation()
	calls := map[string]error{}
	_, calls["CreateConversation"] = w.chat.CreateConversation(v.ctx, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group})
	_, calls["UpdateConversation"] = w.chat.UpdateConversation(v.ctx, &chatv1.UpdateConversationRequest{Id: id})
	_, calls["DeleteConversation"] = w.chat.DeleteConversation(v.ctx, &chatv1.DeleteConversationRequest{Id: id})
	_, calls["PinConversation"] = w.chat.PinConversation(v.ctx, &chatv1.PinConversationRequest{Id: id})
	_, calls["SetReplyPermission"] = w.chat.SetReplyPermission(v.ctx, &chatv1.SetReplyPermissionRequest{Id: id, ReplyPermission: chatv1.Conversation_none})
	_, calls["AddParticipant"] = w.chat.AddParticipant(v.ctx, &chatv1.AddParticipantRequest{ConversationId: id, UserId: "bob"})
	_, calls["RemoveParticipant"] = w.chat.RemoveParticipant(v.ctx, &chatv1.RemoveParticipantRequest{ConversationId: id, ParticipantId: id})
	_, calls["UpdateParticipant"] = w.chat.UpdateParticipant(v.ctx, &chatv1.UpdateParticipantRequest{ConversationId: id, ParticipantId: id})
	_, calls["ConvertAnonymousUser"] = w.chat.ConvertAnonymousUser(v.ctx, &chatv1.ConvertAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), UserId: "zoe"})
	_, calls["TransferConversation"] = w.chat.TransferConversation(v.ctx, &chatv1.TransferConversationRequest{Id: id, ToUserId: "bob"})
	_, calls["CreateAnnouncement"] = w.chat.CreateAnnouncement(v.ctx, &chatv1.CreateAnnouncementRequest{})
	_, calls["ListAnnouncements"] = w.chat.ListAnnouncements(v.ctx, &chatv1.ListAnnouncementsRequest{})
	_, calls["ListNotifications"] = w.chat.ListNotifications(v.ctx, &chatv1.ListNotificationsRequest{})
	_, calls["MarkNotificationsRead"] = w.chat.MarkNotificationsRead(v.ctx, &chatv1.MarkNotificationsReadRequest{})
	for call, err := range calls {
		if rpcerr.Code(err) != codes.PermissionDenied || rpcerr.Reason(err) != rpcv1.ErrorReason_NOT_ALLOWED {
			t.Errorf("%s by a visitor answers %v", call, err)
		}
	}
}

func TestAVisitorIsCalledWhatTheyCallThemselves(t *testing.T) {
	w := newWorld(t)
	v := w.visits(t, "Zoé")
	// A gateway knows them by their id alone.
	byMQTT := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindVisitor, UserID: v.GetAnonymousUser().GetId()})
	if m := w.says(byMQTT, t, v.conversation(), "bonjour"); m.GetSenderName() != "Zoé" {
		t.Errorf("the sender is called %q", m.GetSenderName())
	}
	c, err := w.chat.GetConversation(as(t, "pro"), &chatv1.GetConversationRequest{Id: v.conversation()})
	must(t, err)
	for _, p := range c.GetParticipants() {
		if p.GetAnonymousId() != "" && p.GetName() != "Zoé" {
			t.Errorf("the visitor is %v", p)
		}
	}
}

func TestTheStreamOfAVisitorEndsWithTheirToken(t *testing.T) {
	w := newWorld(t)
	v := w.visits(t, "Zoé")
	ctx, cancel := context.WithTimeout(v.ctx, 10*time.Second)
	defer cancel()
	stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{})
	must(t, err)
	_, err = stream.Header()
	must(t, err)
	_, err = w.chat.ConvertAnonymousUser(backEnd(t), &chatv1.ConvertAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), UserId: "zoe"})
	must(t, err)
	e, err := stream.Recv()
	must(t, err)
	if e.GetEvent().GetEvent() != "participant.removed" || e.GetEvent().GetParticipant().GetAnonymousId() != v.GetAnonymousUser().GetId() {
		t.Errorf("Zoé is told %v", e)
	}
	_, err = stream.Recv()
	refused(t, err, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_REVOKED)
}
