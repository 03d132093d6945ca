package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/structpb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat"
)

// visit is a request that nothing is wrong with, with a change.
func visit(change func(*chatv1.StartAnonymousConversationRequest)) *chatv1.StartAnonymousConversationRequest {
	req := &chatv1.StartAnonymousConversationRequest{
		ApplicationId: app, DeviceId: "phone", Name: "Zoé", Email: "zoe@example.org", RecipientUserId: "pro",
	}
	if change != nil {
		change(req)
	}
	return req
}

func TestStartAnonymousConversation(t *testing.T) {
	w := newWorld(t)
	w.terms[app] = chat.VisitorRules{DeviceLimit: -1, AddressLimit: -1}

	t.Run("a visitor has a conversation with whom they write to, who has it", func(t *testing.T) {
		metadata, err := structpb.NewStruct(map[string]any{"page": "/chambre-12"})
		must(t, err)
		answer, err := w.chat.StartAnonymousConversation(t.Context(), visit(func(r *chatv1.StartAnonymousConversationRequest) {
			r.Name, r.Metadata = "  Zoé ", metadata
		}))
		must(t, err)
		c, v := answer.GetConversation(), answer.GetAnonymousUser()
		if c.GetType() != chatv1.Conversation_anonymous || c.GetReplyPermission() != chatv1.Conversation_all || c.GetParticipantCount() != 2 {
			t.Errorf("the conversation is %v", c)
		}
		if participantOf(t, c, "pro").GetRole() != chatv1.Participant_admin {
			t.Errorf("the participants are %v", c.GetParticipants())
		}
		if v.GetName() != "Zoé" || v.GetDeviceId() != "phone" || v.GetEmail() != "zoe@example.org" || v.GetMetadata().GetFields()["page"].GetStringValue() != "/chambre-12" {
			t.Errorf("the visitor is %v", v)
		}
		stored, err := w.chat.GetAnonymousUser(as(t, "pro"), &chatv1.GetAnonymousUserRequest{Id: v.GetId()})
		must(t, err)
		if stored.String() != v.String() {
			t.Errorf("answered %v\nstored   %v", v, stored)
		}
		events, err := w.chat.ListEvents(as(t, "pro"), &chatv1.ListEventsRequest{AfterCursor: "MS4w"})
		must(t, err)
		if n := len(events.GetEvents()); n != 1 || events.GetEvents()[0].GetEvent() != "conversation.created" {
			t.Errorf("pro is told %v", events)
		}
	})

	t.Run("the deviceId alone brings nobody back, the token does", func(t *testing.T) {
		first, err := w.chat.StartAnonymousConversation(t.Context(), visit(nil))
		must(t, err)
		stranger, err := w.chat.StartAnonymousConversation(t.Context(), visit(nil))
		must(t, err)
		if stranger.GetConversation().GetId() == first.GetConversation().GetId() || stranger.GetAnonymousUser().GetId() == first.GetAnonymousUser().GetId() {
			t.Error("who knows the deviceId is let in")
		}
		w.clock.advance(time.Hour)
		again, err := w.chat.StartAnonymousConversation(bearing(t, first.GetToken()), visit(func(r *chatv1.StartAnonymousConversationRequest) {
			r.DeviceId, r.Name = "another", ""
		}))
		must(t, err)
		if again.GetConversation().GetId() != first.GetConversation().GetId() || again.GetAnonymousUser().String() != first.GetAnonymousUser().String() {
			t.Errorf("they come back to %v", again)
		}
		if again.GetToken() == first.GetToken() || again.GetToken() == "" {
			t.Error("the token is not fresh")
		}
		w.says(bearing(t, again.GetToken()), t, again.GetConversation().GetId(), "c'est encore moi")
	})

	t.Run("with whom they have not written, they begin anew", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		elsewhere, err := w.chat.StartAnonymousConversation(v.ctx, visit(func(r *chatv1.StartAnonymousConversationRequest) { r.RecipientUserId = "other-pro" }))
		must(t, err)
		if elsewhere.GetAnonymousUser().GetId() == v.GetAnonymousUser().GetId() {
			t.Errorf("the visitor is %v", elsewhere.GetAnonymousUser())
		}
	})

	t.Run("after a transfer they find the conversation where it was", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.TransferConversation(as(t, "pro"), &chatv1.TransferConversationRequest{Id: v.conversation(), ToUserId: "colleague"})
		must(t, err)
		again, err := w.chat.StartAnonymousConversation(v.ctx, visit(nil))
		must(t, err)
		if again.GetConversation().GetId() != v.conversation() {
			t.Errorf("they come back to %v", again.GetConversation())
		}
	})

	t.Run("where a conversation is over, they begin anew", func(t *testing.T) {
		for how, end := range map[string]func(v visitor) error{
			"expired": func(v visitor) error {
				_, err := w.chat.UpdateConversation(as(t, "pro"), &chatv1.UpdateConversationRequest{Id: v.conversation(), ExpiryDate: v.GetConversation().GetCreatedAt()})
				return err
			},
			"deleted": func(v visitor) error {
				_, err := w.chat.DeleteConversation(as(t, "pro"), &chatv1.DeleteConversationRequest{Id: v.conversation()})
				return err
			},
		} {
			v := w.visits(t, "Zoé")
			must(t, end(v))
			again, err := w.chat.StartAnonymousConversation(v.ctx, visit(nil))
			must(t, err)
			if again.GetConversation().GetId() == v.conversation() {
				t.Errorf("they come back to what is %s", how)
			}
		}
	})

	t.Run("what is wrong with a request is named", func(t *testing.T) {
		large, err := structpb.NewStruct(map[string]any{"x": strings.Repeat("x", 16<<10)})
		must(t, err)
		for field, change := range map[string]func(*chatv1.StartAnonymousConversationRequest){
			"applicationId":   func(r *chatv1.StartAnonymousConversationRequest) { r.ApplicationId = "" },
			"deviceId":        func(r *chatv1.StartAnonymousConversationRequest) { r.DeviceId = "" },
			"name":            func(r *chatv1.StartAnonymousConversationRequest) { r.Name = strings.Repeat("é", 101) },
			"email":           func(r *chatv1.StartAnonymousConversationRequest) { r.Email = "nowhere" },
			"recipientUserId": func(r *chatv1.StartAnonymousConversationRequest) { r.RecipientUserId = "anon:1" },
			"metadata":        func(r *chatv1.StartAnonymousConversationRequest) { r.Metadata = large },
		} {
			_, err := w.chat.StartAnonymousConversation(t.Context(), visit(change))
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
			if v := rpcerr.FieldViolations(err); len(v) == 0 || v[0].Field != field {
				t.Errorf("the fault is with %v, want %s", v, field)
			}
		}
	})

	t.Run("a name is judged as contents are", func(t *testing.T) {
		_, err := w.chat.StartAnonymousConversation(t.Context(), visit(func(r *chatv1.StartAnonymousConversationRequest) { r.Name = "Zut alors" }))
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
		if v := rpcerr.FieldViolations(err); len(v) == 0 || v[0].Field != "name" {
			t.Errorf("the fault is with %v", v)
		}
	})

	t.Run("it is for visitors, where there are any", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		in := func(application string) *chatv1.StartAnonymousConversationRequest {
			return visit(func(r *chatv1.StartAnonymousConversationRequest) { r.ApplicationId = application })
		}
		_, err := w.chat.StartAnonymousConversation(t.Context(), in(plain))
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
		_, err = w.chat.StartAnonymousConversation(t.Context(), in("elsewhere"))
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		for who, ctx := range map[string]func() error{
			"a user":     func() error { _, err := w.chat.StartAnonymousConversation(as(t, "alice"), in(app)); return err },
			"a back end": func() error { _, err := w.chat.StartAnonymousConversation(backEnd(t), in(app)); return err },
		} {
			if err := ctx(); rpcerr.Reason(err) != rpcv1.ErrorReason_NOT_ALLOWED {
				t.Errorf("%s is answered %v", who, err)
			}
		}
		other := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindVisitor, UserID: v.GetAnonymousUser().GetId()})
		_, err = w.chat.StartAnonymousConversation(other, in(app))
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		_, err = w.chat.GetConversation(other, &chatv1.GetConversationRequest{Id: v.conversation()})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	})

	t.Run("a token that is not good makes no new visitor", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.StartAnonymousConversation(bearing(t, v.GetToken()+"x"), visit(nil))
		refused(t, err, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID)
		w.clock.advance(-40 * 24 * time.Hour)
		old := w.visits(t, "Max")
		_, err = w.chat.StartAnonymousConversation(old.ctx, visit(nil))
		refused(t, err, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_EXPIRED)
	})
}

func TestAnApplicationHasTermsForVisitors(t *testing.T) {
	w := newWorld(t)
	start := func(change func(*chatv1.StartAnonymousConversationRequest)) error {
		_, err := w.chat.StartAnonymousConversation(t.Context(), visit(change))
		return err
	}
	w.terms[app] = chat.VisitorRules{RequireName: true, RequireEmail: true, RequireKnownRecipient: true}
	for field, change := range map[string]func(*chatv1.StartAnonymousConversationRequest){
		"name":  func(r *chatv1.StartAnonymousConversationRequest) { r.Name = "  " },
		"email": func(r *chatv1.StartAnonymousConversationRequest) { r.Email = "" },
	} {
		err := start(change)
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		if v := rpcerr.FieldViolations(err); len(v) == 0 || v[0].Field != field {
			t.Errorf("the fault is with %v, want %s", v, field)
		}
	}
	refused(t, start(nil), codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err := w.audience.UpsertUsers(backEnd(t), &audiencev1.UpsertUsersRequest{Users: []*audiencev1.User{{UserId: "pro", Name: "Dr Roux"}}})
	must(t, err)
	must(t, start(nil))
}

func TestVisitsAreLimited(t *testing.T) {
	w := newWorld(t)
	w.terms[app] = chat.VisitorRules{DeviceLimit: 2, AddressLimit: 3, LimitWindow: 10 * time.Minute}
	start := func(device, address string) error {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-forwarded-for", address+", 10.0.0.1")
		_, err := w.chat.StartAnonymousConversation(ctx, visit(func(r *chatv1.StartAnonymousConversationRequest) { r.DeviceId = device }))
		w.clock.advance(time.Minute)
		return err
	}
	limited := func(err error, wait time.Duration) {
		t.Helper()
		refused(t, err, codes.ResourceExhausted, rpcv1.ErrorReason_RATE_LIMIT)
		if got, _ := rpcerr.RetryDelay(err); got.Round(time.Second) != wait {
			t.Errorf("one has to wait %v, want %v", got, wait)
		}
	}
	must(t, start("a", "203.0.113.1"))
	must(t, start("a", "203.0.113.2"))
	limited(start("a", "203.0.113.3"), 8*time.Minute)
	must(t, start("b", "203.0.113.1"))
	must(t, start("c", "203.0.113.1"))
	limited(start("d", "203.0.113.1"), 5*time.Minute)
	must(t, start("d", "203.0.113.4"))

	// One connection has a whole /64 of IPv6.
	for i := range 3 {
		must(t, start(fmt.Sprint("e", i), fmt.Sprintf("2001:db8:0:1::%d", i)))
	}
	limited(start("e4", "2001:db8:0:1:ffff::1"), 7*time.Minute)
	must(t, start("e4", "2001:db8:0:2::1"))

	w.clock.advance(10 * time.Minute)
	must(t, start("a", "203.0.113.1"))
	w.terms[app] = chat.VisitorRules{DeviceLimit: -1, AddressLimit: -1}
	for range 20 {
		must(t, start("a", "203.0.113.1"))
	}
}

func TestWhoErasesThemselfIsStillCounted(t *testing.T) {
	w := newWorld(t)
	w.terms[app] = chat.VisitorRules{AddressLimit: 1}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-forwarded-for", "203.0.113.1")
	first, err := w.chat.StartAnonymousConversation(ctx, visit(nil))
	must(t, err)
	_, err = w.chat.EraseAnonymousUser(bearing(t, first.GetToken()), &chatv1.EraseAnonymousUserRequest{Id: first.GetAnonymousUser().GetId()})
	must(t, err)
	_, err = w.chat.StartAnonymousConversation(ctx, visit(nil))
	refused(t, err, codes.ResourceExhausted, rpcv1.ErrorReason_RATE_LIMIT)
}

// kindsOf answers the kinds of the events a caller is told after a cursor, and the cursor after them.
func (w *world) kindsOf(t *testing.T, user, cursor string) ([]string, string) {
	t.Helper()
	answer, err := w.chat.ListEvents(as(t, user), &chatv1.ListEventsRequest{AfterCursor: cursor})
	must(t, err)
	var kinds []string
	for _, e := range answer.GetEvents() {
		kinds = append(kinds, e.GetEvent())
	}
	return kinds, answer.GetCursor()
}

// told says that a user is told just these kinds of events after a cursor.
func (w *world) told(t *testing.T, user, cursor string, want ...string) {
	t.Helper()
	if got, _ := w.kindsOf(t, user, cursor); !slices.Equal(got, want) {
		t.Errorf("%s is told %v, want %v", user, got, want)
	}
}
