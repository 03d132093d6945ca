package chat_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/audience"
	audiencestore "github.com/palabre/palabre/services/audience/entstore"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/moderation"
)

const (
	app        = "geosector"
	plain      = "resalice" // an application with everything switched off
	peerSecret = "test-secret-of-the-deployment-0123456789"
)

// world is the three services on SQLite, behind the real interceptors.
type world struct {
	chat     chatv1.ChatServiceClient
	audience audiencev1.AudienceServiceClient
	now      time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(t.Context())
	must(t, err)

	verifier, err := auth.NewVerifier(auth.Config{PeerSecret: []byte(peerSecret), Applications: map[string]auth.ApplicationConfig{app: {}, plain: {}}})
	must(t, err)
	t.Cleanup(verifier.Close)
	server, err := rpc.NewServer(rpc.Config{
		Verifier:   verifier,
		PeerSecret: []byte(peerSecret),
		Policy:     auth.MergePolicies(chat.Policy(), moderation.Policy(), audience.Policy()),
		Errors:     rpcerr.MergeTables(chat.Errors(), moderation.Errors(), audience.Errors()),
		Logger:     slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })

	directory, err := audience.New(audience.Config{Store: audiencestore.New(audiencestore.Config{Write: db.Write, Read: db.Read})})
	must(t, err)
	directory.Register(server)
	moderator, err := moderation.New(moderation.Config{Rules: map[string]*moderationv1.Rules{
		app: {ModeratorEnabled: true, BadWords: []string{"zut"}},
	}})
	must(t, err)
	moderator.Register(server)

	w := &world{now: time.Now()}
	bell := new(outbox.Doorbell)
	service, err := chat.New(chat.Config{
		Store:      entstore.New(entstore.Config{Database: db, Bell: bell}),
		Moderation: moderationv1.NewModerationServiceClient(server.Loopback("chat")),
		Audience:   audiencev1.NewAudienceServiceClient(server.Loopback("chat")),
		Features:   map[string]chat.Features{app: {Groups: true}},
		Bell:       bell,
		Now:        func() time.Time { return w.now },
	})
	must(t, err)
	service.Register(server)
	w.chat = chatv1.NewChatServiceClient(server.Loopback("test"))
	w.audience = audiencev1.NewAudienceServiceClient(server.Loopback("test"))
	return w
}

// as makes calls in a user's name.
func as(t *testing.T, user string) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: user, Name: "Name of " + user})
}

// backEnd makes calls as the host's back end.
func backEnd(t *testing.T) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindService})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused says that a call was refused with a code and a reason.
func refused(t *testing.T, err error, code codes.Code, reason rpcv1.ErrorReason) {
	t.Helper()
	if rpcerr.Code(err) != code || rpcerr.Reason(err) != reason {
		t.Errorf("the answer is %v (%v), want %v (%v)", err, rpcerr.Reason(err), code, reason)
	}
}

func (w *world) group(t *testing.T, admin string, members ...string) *chatv1.Conversation {
	t.Helper()
	req := &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group}
	for _, m := range members {
		req.Participants = append(req.Participants, &chatv1.NewParticipant{UserId: m})
	}
	c, err := w.chat.CreateConversation(as(t, admin), req)
	must(t, err)
	return c
}

func (w *world) send(t *testing.T, user, conversation, content string) *chatv1.Message {
	t.Helper()
	m, err := w.chat.SendMessage(as(t, user), &chatv1.SendMessageRequest{ConversationId: conversation, Content: content})
	must(t, err)
	return m
}

func participantOf(t *testing.T, c *chatv1.Conversation, user string) *chatv1.Participant {
	t.Helper()
	i := slices.IndexFunc(c.GetParticipants(), func(p *chatv1.Participant) bool { return p.GetUserId() == user })
	if i < 0 {
		t.Fatalf("%s is not among %v", user, c.GetParticipants())
	}
	return c.GetParticipants()[i]
}

func TestPolicyNamesEveryMethod(t *testing.T) {
	if missing := chat.Policy().Missing(&chatv1.ChatService_ServiceDesc); len(missing) != 0 {
		t.Errorf("nobody may call %v", missing)
	}
}

func TestCreateConversation(t *testing.T) {
	w := newWorld(t)

	t.Run("a one_to_one is the same from both sides", func(t *testing.T) {
		ask := func(user, with string) *chatv1.Conversation {
			c, err := w.chat.CreateConversation(as(t, user), &chatv1.CreateConversationRequest{
				Type: chatv1.Conversation_one_to_one, Participants: []*chatv1.NewParticipant{{UserId: with}},
			})
			must(t, err)
			return c
		}
		first, second := ask("alice", "bob"), ask("bob", "alice")
		if first.GetId() != second.GetId() || len(second.GetParticipants()) != 2 {
			t.Errorf("alice has %v, bob %v", first, second)
		}
	})

	t.Run("who creates a group is its admin", func(t *testing.T) {
		c := w.group(t, "alice", "bob")
		if participantOf(t, c, "alice").GetRole() != chatv1.Participant_admin || participantOf(t, c, "bob").GetRole() != chatv1.Participant_member {
			t.Errorf("the participants are %v", c.GetParticipants())
		}
		if c.GetReplyPermission() != chatv1.Conversation_all || c.GetCreatedBy() != "alice" {
			t.Errorf("the group is %v", c)
		}
	})

	t.Run("a broadcast is written by its author", func(t *testing.T) {
		c, err := w.chat.CreateConversation(as(t, "alice"), &chatv1.CreateConversationRequest{
			Type: chatv1.Conversation_broadcast, Participants: []*chatv1.NewParticipant{{UserId: "bob"}},
		})
		must(t, err)
		w.send(t, "alice", c.GetId(), "écoutez")
		_, err = w.chat.SendMessage(as(t, "bob"), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "oui"})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED)
	})

	t.Run("what is wrong with a request is named", func(t *testing.T) {
		for field, req := range map[string]*chatv1.CreateConversationRequest{
			"type":                   {},
			"participants":           {Type: chatv1.Conversation_one_to_one},
			"participants[0].userId": {Type: chatv1.Conversation_group, Participants: []*chatv1.NewParticipant{{UserId: "not an id"}}},
			"participants[1].userId": {Type: chatv1.Conversation_group, Participants: []*chatv1.NewParticipant{{UserId: "anon:1"}}},
			"title":                  {Type: chatv1.Conversation_group, Title: strings.Repeat("x", 201)},
		} {
			_, err := w.chat.CreateConversation(as(t, "alice"), req)
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
			if v := rpcerr.FieldViolations(err); len(v) == 0 || v[0].Field != field {
				t.Errorf("the fault is with %v, want %s", v, field)
			}
		}
	})

	t.Run("groups can be switched off", func(t *testing.T) {
		ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindUser, UserID: "alice"})
		_, err := w.chat.CreateConversation(ctx, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	})
}

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

func TestSendMessage(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	send := func(req *chatv1.SendMessageRequest) (*chatv1.Message, error) {
		req.ConversationId = c.GetId()
		return w.chat.SendMessage(as(t, "alice"), req)
	}

	t.Run("the answer is the stored message", func(t *testing.T) {
		m, err := send(&chatv1.SendMessageRequest{Content: "bonjour", ClientMessageId: "1"})
		must(t, err)
		stored, err := w.chat.GetMessage(as(t, "bob"), &chatv1.GetMessageRequest{Id: m.GetId()})
		must(t, err)
		if m.GetSeq() != 1 || m.GetSenderName() != "Name of alice" || m.GetStatus() != chatv1.Message_sent || !m.GetIsModerated() || m.GetDuplicate() {
			t.Errorf("the message is %v", m)
		}
		m.Duplicate = nil
		if stored.String() != m.String() {
			t.Errorf("stored is %v\nanswered %v", stored, m)
		}
	})

	t.Run("a repeat is the first message, even when the rules would refuse it now", func(t *testing.T) {
		m, err := send(&chatv1.SendMessageRequest{Content: "bonjour", ClientMessageId: "1"})
		must(t, err)
		if !m.GetDuplicate() || m.GetSeq() != 1 {
			t.Errorf("the repeat is %v", m)
		}
		_, err = send(&chatv1.SendMessageRequest{Content: "autre", ClientMessageId: "1"})
		refused(t, err, codes.AlreadyExists, rpcv1.ErrorReason_IDEMPOTENCY_CONFLICT)
	})

	t.Run("what cannot be sent is refused, and takes no seq", func(t *testing.T) {
		for name, tt := range map[string]struct {
			req    *chatv1.SendMessageRequest
			code   codes.Code
			reason rpcv1.ErrorReason
		}{
			"nothing":                {&chatv1.SendMessageRequest{Content: " \n"}, codes.InvalidArgument, rpcv1.ErrorReason_EMPTY_MESSAGE},
			"too much":               {&chatv1.SendMessageRequest{Content: strings.Repeat("é", 8001)}, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
			"no such attachment":     {&chatv1.SendMessageRequest{Content: "x", AttachmentIds: []string{"0190a3f0-7c5e-7cc3-8a3e-0123456789ab"}}, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
			"a reply to nothing":     {&chatv1.SendMessageRequest{Content: "x", ReplyToMessageId: "0190a3f0-7c5e-7cc3-8a3e-0123456789ab"}, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
			"a word that is refused": {&chatv1.SendMessageRequest{Content: "Oh ZUT !"}, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED},
		} {
			_, err := send(tt.req)
			if rpcerr.Code(err) != tt.code || rpcerr.Reason(err) != tt.reason {
				t.Errorf("%s is answered %v", name, err)
			}
		}
		if m := w.send(t, "alice", c.GetId(), strings.Repeat("é", 8000)); m.GetSeq() != 2 {
			t.Errorf("the next message has seq %d", m.GetSeq())
		}
	})

	t.Run("a back end writes as the system", func(t *testing.T) {
		m, err := w.chat.SendMessage(backEnd(t), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "maintenance"})
		must(t, err)
		if m.GetSenderType() != chatv1.Message_system || m.GetSenderId() != "" {
			t.Errorf("the message is %v", m)
		}
	})

	t.Run("a name that the token does not say comes from the directory", func(t *testing.T) {
		_, err := w.audience.UpsertUsers(backEnd(t), &audiencev1.UpsertUsersRequest{Users: []*audiencev1.User{{UserId: "bob", Name: "Bob Durand"}}})
		must(t, err)
		// That he had none was just found out, and is believed for a while.
		w.now = w.now.Add(10 * time.Second)
		ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "bob"})
		m, err := w.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "moi"})
		must(t, err)
		if m.GetSenderName() != "Bob Durand" {
			t.Errorf("the sender is called %q", m.GetSenderName())
		}
	})

	t.Run("an expired conversation takes no message", func(t *testing.T) {
		c := w.group(t, "alice")
		_, err := w.chat.UpdateConversation(as(t, "alice"), &chatv1.UpdateConversationRequest{Id: c.GetId(), ExpiryDate: c.GetCreatedAt()})
		must(t, err)
		_, err = w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "x"})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED)
	})
}

func TestUpdateMessage(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	m := w.send(t, "bob", c.GetId(), "bonjuor")
	text := "bonjour"

	t.Run("only its sender edits it, and the rules look again", func(t *testing.T) {
		_, err := w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		edited, err := w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
		must(t, err)
		if edited.GetContent() != text || edited.GetEditedAt() == nil || edited.GetSeq() != m.GetSeq() {
			t.Errorf("edited it is %v", edited)
		}
		bad := "zut"
		_, err = w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &bad})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	})

	t.Run("saying that it was read moves the reader's watermark", func(t *testing.T) {
		read, err := w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Status: chatv1.Message_read.Enum()})
		must(t, err)
		if read.GetStatus() != chatv1.Message_read || read.GetReadAt() == nil {
			t.Errorf("the message is %v", read)
		}
	})

	t.Run("a status that callers do not set is refused", func(t *testing.T) {
		_, err := w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Status: chatv1.Message_error.Enum()})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})

	t.Run("its sender deletes it, and an admin does, and nothing is left to edit", func(t *testing.T) {
		_, err := w.chat.DeleteMessage(as(t, "alice"), &chatv1.DeleteMessageRequest{Id: m.GetId()})
		must(t, err)
		_, err = w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_DELETED)
		other := w.send(t, "alice", c.GetId(), "à moi")
		_, err = w.chat.DeleteMessage(as(t, "bob"), &chatv1.DeleteMessageRequest{Id: other.GetId()})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})
}

func TestListMessages(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	for range 5 {
		w.send(t, "alice", c.GetId(), "x")
	}
	walk := func(req *chatv1.ListMessagesRequest) (seqs []int64) {
		req.ConversationId, req.Limit = c.GetId(), 2
		for {
			answer, err := w.chat.ListMessages(as(t, "bob"), req)
			must(t, err)
			for _, m := range answer.GetMessages() {
				seqs = append(seqs, m.GetSeq())
			}
			if answer.NextPageToken == nil {
				return seqs
			}
			req = &chatv1.ListMessagesRequest{ConversationId: c.GetId(), Limit: 2, PageToken: answer.GetNextPageToken()}
		}
	}
	seq := func(n int64) *int64 { return &n }
	for name, tt := range map[string]struct {
		req  *chatv1.ListMessagesRequest
		want []int64
	}{
		"all, newest first": {&chatv1.ListMessagesRequest{}, []int64{5, 4, 3, 2, 1}},
		"from page 2 on":    {&chatv1.ListMessagesRequest{Page: 2}, []int64{3, 2, 1}},
		"a page beyond":     {&chatv1.ListMessagesRequest{Page: 9}, nil},
		"below a seq":       {&chatv1.ListMessagesRequest{BeforeSeq: seq(4)}, []int64{3, 2, 1}},
		"below the first":   {&chatv1.ListMessagesRequest{BeforeSeq: seq(1)}, nil},
		"above a seq":       {&chatv1.ListMessagesRequest{AfterSeq: seq(1)}, []int64{2, 3, 4, 5}},
		"above none":        {&chatv1.ListMessagesRequest{AfterSeq: seq(0)}, []int64{1, 2, 3, 4, 5}},
		"above the last":    {&chatv1.ListMessagesRequest{AfterSeq: seq(5)}, nil},
	} {
		if got := walk(tt.req); !slices.Equal(got, tt.want) {
			t.Errorf("%s are %v, want %v", name, got, tt.want)
		}
	}
	_, err := w.chat.ListMessages(as(t, "bob"), &chatv1.ListMessagesRequest{ConversationId: c.GetId(), Page: 2, AfterSeq: seq(1)})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	_, err = w.chat.ListMessages(as(t, "bob"), &chatv1.ListMessagesRequest{ConversationId: c.GetId(), PageToken: "!"})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
}

func TestEventsFromACursorOn(t *testing.T) {
	w := newWorld(t)
	start, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{})
	must(t, err)
	if len(start.GetEvents()) != 0 || start.GetCursor() == "" || start.GetStatus() != chatv1.ListEventsResponse_synced {
		t.Fatalf("without a cursor the answer is %v", start)
	}
	c := w.group(t, "alice", "bob")
	w.send(t, "alice", c.GetId(), "un")
	w.send(t, "alice", c.GetId(), "deux")

	t.Run("pages hold what came since, each once", func(t *testing.T) {
		var kinds []string
		cursor, more := start.GetCursor(), true
		for more {
			page, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{AfterCursor: cursor, Limit: 2})
			must(t, err)
			for _, e := range page.GetEvents() {
				kinds = append(kinds, e.GetEvent())
			}
			cursor, more = page.GetCursor(), page.GetMore()
		}
		if want := []string{"conversation.created", "message.created", "message.created"}; !slices.Equal(kinds, want) {
			t.Errorf("the events are %v, want %v", kinds, want)
		}
	})

	t.Run("a stream goes on with what comes", func(t *testing.T) {
		ctx, cancel := context.WithCancel(as(t, "bob"))
		defer cancel()
		stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{Cursor: start.GetCursor()})
		must(t, err)
		w.send(t, "alice", c.GetId(), "trois")
		var got []string
		for len(got) < 4 {
			answer, err := stream.Recv()
			must(t, err)
			got = append(got, answer.GetEvent().GetMessage().GetContent())
			if len(answer.GetRecipients()) != 0 {
				t.Errorf("a user is told of %v", answer.GetRecipients())
			}
		}
		if want := []string{"", "un", "deux", "trois"}; !slices.Equal(got, want) {
			t.Errorf("the stream says %q, want %q", got, want)
		}
	})

	t.Run("a component is told whom events are for, as the membership is then", func(t *testing.T) {
		ctx, cancel := context.WithCancel(auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "mqtt"}))
		defer cancel()
		stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{Consumer: "mqtt", Cursor: start.GetCursor()})
		must(t, err)
		first := w.send(t, "alice", c.GetId(), "quatre")
		next := func() *chatv1.StreamEventsResponse { return receive(t, stream) }
		for next().GetEvent().GetMessage().GetId() != first.GetId() {
		}
		added, err := w.chat.AddParticipant(as(t, "alice"), &chatv1.AddParticipantRequest{ConversationId: c.GetId(), UserId: "carol"})
		must(t, err)
		w.send(t, "alice", c.GetId(), "cinq")
		_, err = w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: added.GetId()})
		must(t, err)
		w.send(t, "alice", c.GetId(), "six")
		var told []bool
		for range 4 {
			answer := next()
			told = append(told, slices.Contains(answer.GetRecipients(), "carol"))
			if answer.GetApplicationId() != app || answer.GetConversationType() != chatv1.Conversation_group || !slices.Contains(answer.GetRecipients(), "bob") {
				t.Errorf("the stream says %v", answer)
			}
		}
		if told[0] != true || told[2] != true || told[3] != false {
			t.Errorf("carol is told of added, cinq, removed, six: %v", told)
		}
	})

	t.Run("a cursor that is none is refused, one that is ahead asks to start again", func(t *testing.T) {
		_, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{AfterCursor: "nonsense"})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
		answer, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{AfterCursor: chat.FormatCursor(1 << 40)})
		must(t, err)
		if answer.GetStatus() != chatv1.ListEventsResponse_resync || answer.GetCursor() == "" {
			t.Errorf("the answer is %v", answer)
		}
	})

	t.Run("only components acknowledge", func(t *testing.T) {
		_, err := w.chat.AcknowledgeEvents(as(t, "bob"), &chatv1.AcknowledgeEventsRequest{Consumer: "mqtt", Cursor: start.GetCursor()})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	})
}

func receive(t *testing.T, stream grpc.ServerStreamingClient[chatv1.StreamEventsResponse]) *chatv1.StreamEventsResponse {
	t.Helper()
	answer, err := stream.Recv()
	must(t, err)
	return answer
}

func TestWhatIsPromisedForLaterSaysSo(t *testing.T) {
	w := newWorld(t)
	_, err := w.chat.ListAnnouncements(as(t, "alice"), &chatv1.ListAnnouncementsRequest{})
	refused(t, err, codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED)
}
