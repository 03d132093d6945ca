package chat_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestConvertAnonymousUser(t *testing.T) {
	w := newWorld(t)
	into := func(v visitor, user, token string) *chatv1.ConvertAnonymousUserRequest {
		return &chatv1.ConvertAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), UserId: user, VisitorToken: token}
	}

	t.Run("the user has the one history, and goes on in it", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		first := w.says(v.ctx, t, v.conversation(), "bonjour")
		w.send(t, "pro", v.conversation(), "que puis-je pour vous ?")
		_, err := w.chat.MarkRead(v.ctx, &chatv1.MarkReadRequest{ConversationId: v.conversation(), Seq: 2})
		must(t, err)
		_, cursor := w.kindsOf(t, "pro", "MS4w")

		converted, err := w.chat.ConvertAnonymousUser(backEnd(t), into(v, "zoe", ""))
		must(t, err)
		if converted.GetConvertedToUserId() != "zoe" || converted.GetName() != "Zoé" {
			t.Errorf("the visitor is %v", converted)
		}
		c, err := w.chat.GetConversation(as(t, "zoe"), &chatv1.GetConversationRequest{Id: v.conversation()})
		must(t, err)
		p := participantOf(t, c, "zoe")
		if p.GetAnonymousId() != converted.GetId() || p.GetReadSeq() != 2 || c.GetUnreadCount() != 0 || c.GetParticipantCount() != 2 {
			t.Errorf("the user's place is %v in %v", p, c)
		}
		own, err := w.chat.GetMessage(as(t, "pro"), &chatv1.GetMessageRequest{Id: first.GetId()})
		must(t, err)
		if own.GetSenderId() != "zoe" || own.GetSenderType() != chatv1.Message_user || own.GetSeq() != 1 || own.GetContent() != "bonjour" {
			t.Errorf("the first message is %v", own)
		}
		if m := w.send(t, "zoe", v.conversation(), "merci"); m.GetSeq() != 3 {
			t.Errorf("the next message is %v", m)
		}
		content := "bonjour !"
		_, err = w.chat.UpdateMessage(as(t, "zoe"), &chatv1.UpdateMessageRequest{Id: first.GetId(), Content: &content})
		must(t, err)
		w.told(t, "pro", cursor, "participant.removed", "participant.added", "conversation.updated", "message.created", "message.updated")
		w.dead(t, v, first.GetId())
	})

	t.Run("both sides are told", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, proCursor := w.kindsOf(t, "pro", "MS4w")
		_, err := w.chat.ConvertAnonymousUser(backEnd(t), into(v, "zoe-2", ""))
		must(t, err)
		answer, err := w.chat.ListEvents(as(t, "pro"), &chatv1.ListEventsRequest{AfterCursor: proCursor})
		must(t, err)
		events := answer.GetEvents()
		if p := events[0].GetParticipant(); p.GetUserId() != "" || p.GetAnonymousId() != v.GetAnonymousUser().GetId() {
			t.Errorf("removed was %v", p)
		}
		if p := events[1].GetParticipant(); p.GetUserId() != "zoe-2" || p.GetAnonymousId() != v.GetAnonymousUser().GetId() {
			t.Errorf("added was %v", p)
		}
		if c := events[2].GetConversation(); len(c.GetParticipants()) != 2 || participantOf(t, c, "zoe-2") == nil {
			t.Errorf("the conversation became %v", c)
		}
		if kinds, _ := w.kindsOf(t, "zoe-2", proCursor); len(kinds) != 3 {
			t.Errorf("zoe-2 is told %v", kinds)
		}
	})

	t.Run("once is enough, and to another user it is refused", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, cursor := w.kindsOf(t, "pro", "MS4w")
		for range 2 {
			_, err := w.chat.ConvertAnonymousUser(backEnd(t), into(v, "zoe", ""))
			must(t, err)
		}
		w.told(t, "pro", cursor, "participant.removed", "participant.added", "conversation.updated")
		_, err := w.chat.ConvertAnonymousUser(backEnd(t), into(v, "max", ""))
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_ALREADY_CONVERTED)
	})

	t.Run("who has the conversation may, and nobody else", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.ConvertAnonymousUser(as(t, "mallory"), into(v, "mallory", ""))
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		other := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindService})
		_, err = w.chat.ConvertAnonymousUser(other, into(v, "mallory", ""))
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		_, err = w.chat.ConvertAnonymousUser(as(t, "pro"), into(v, "zoe", ""))
		must(t, err)
		// The user they became takes part, and does not have it.
		_, err = w.chat.ConvertAnonymousUser(as(t, "zoe"), into(v, "max", ""))
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})

	t.Run("a user proves with the token that it was them", func(t *testing.T) {
		v, other := w.visits(t, "Zoé"), w.visits(t, "Max")
		for name, tt := range map[string]struct{ user, token, field string }{
			"another's token":     {"zoe", other.GetToken(), "visitorToken"},
			"a token that is bad": {"zoe", v.GetToken() + "x", "visitorToken"},
			"of somebody else":    {"max", v.GetToken(), "userId"},
		} {
			_, err := w.chat.ConvertAnonymousUser(as(t, "zoe"), into(v, tt.user, tt.token))
			refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
			if f := rpcerr.FieldViolations(err); len(f) == 0 || f[0].Field != tt.field {
				t.Errorf("%s: the fault is with %v", name, f)
			}
		}
		for range 2 {
			_, err := w.chat.ConvertAnonymousUser(as(t, "zoe"), into(v, "zoe", v.GetToken()))
			must(t, err)
		}
		w.clock.advance(40 * 24 * time.Hour)
		_, err := w.chat.ConvertAnonymousUser(as(t, "max"), into(other, "max", other.GetToken()))
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})

	t.Run("nobody is in a conversation twice", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.ConvertAnonymousUser(backEnd(t), into(v, "pro", ""))
		refused(t, err, codes.AlreadyExists, rpcv1.ErrorReason_ALREADY_EXISTS)
		w.says(v.ctx, t, v.conversation(), "toujours visiteuse")
	})

	t.Run("what is wrong with a request is named", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		for field, req := range map[string]*chatv1.ConvertAnonymousUserRequest{
			"id":     {Id: "x", UserId: "zoe"},
			"userId": into(v, "anon:1", ""),
		} {
			_, err := w.chat.ConvertAnonymousUser(backEnd(t), req)
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
			if f := rpcerr.FieldViolations(err); len(f) == 0 || f[0].Field != field {
				t.Errorf("the fault is with %v, want %s", f, field)
			}
		}
		_, err := w.chat.ConvertAnonymousUser(backEnd(t), &chatv1.ConvertAnonymousUserRequest{Id: nothing, UserId: "zoe"})
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	})
}
