package chat_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat"
)

// asModerator makes calls as an admin of the application who takes part in nothing.
func asModerator(t *testing.T) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "mod", Role: "9", RoleKind: auth.RoleSuperAdmin})
}

func contents(messages []*chatv1.Message) []string {
	var list []string
	for _, m := range messages {
		list = append(list, m.GetContent())
	}
	return list
}

func TestWhatBecomesOfAMessageByVerdict(t *testing.T) {
	w, moderator := withModerator(t)
	c := w.group(t, "alice", "bob").GetId()
	for content, want := range map[string]struct {
		stored string
		status chatv1.Message_ModerationStatus
		queued bool
	}{
		"rien":         {"rien", chatv1.Message_approved, false},
		"mask ceci":    {"**** ceci", chatv1.Message_approved, false},
		"flag ceci":    {"flag ceci", chatv1.Message_approved, true},
		"notify ceci":  {"notify ceci", chatv1.Message_approved, false},
		"hold on that": {"hold on that", chatv1.Message_pending, true},
	} {
		m := w.send(t, "alice", c, content)
		if m.GetContent() != want.stored || m.GetModerationStatus() != want.status || !m.GetIsModerated() || (m.GetSeq() == 0) != (want.status == chatv1.Message_pending) {
			t.Errorf("%q is answered %v", content, m)
		}
		r := moderator.inQueue()[m.GetId()]
		if (r != nil) != want.queued {
			t.Errorf("%q is in the queue: %v", content, r)
		}
		if r != nil && (r.GetContent() != content || r.GetSenderId() != "alice" || r.GetConversationId() != c || r.GetApplicationId() != app ||
			r.GetIsPublished() != (m.GetSeq() > 0) || r.GetRulesVersion() != 7 || len(r.GetReasons()) != 2) {
			t.Errorf("%q is in the queue as %v", content, r)
		}
	}
	_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "reject ceci"})
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	if about := rpcerr.MetadataOf(err); about["rule"] != "reject" || about["start"] != "0" || about["end"] != "6" {
		t.Errorf("the refusal is about %v", about)
	}
}

func TestWhatTheModerationServiceIsAskedAbout(t *testing.T) {
	w, moderator := withModerator(t, func(c *chat.Config) {
		c.Roles = map[string]map[string]auth.RoleKind{app: {"2": auth.RoleAdmin}}
	})
	_, err := w.audience.UpsertUsers(backEnd(t), &audiencev1.UpsertUsersRequest{Users: []*audiencev1.User{{UserId: "alice", Role: "2"}}})
	must(t, err)
	c := w.group(t, "alice", "bob").GetId()
	w.send(t, "alice", c, "bonjour")
	_, err = w.chat.UpdateConversation(as(t, "alice"), &chatv1.UpdateConversationRequest{Id: c, Title: proto.String("Titre")})
	must(t, err)
	w.send(t, "bob", c, "bonjour")
	content, title, bobs := moderator.asked[0], moderator.asked[1], moderator.asked[2]
	if bobs.GetSenderRole() != "member" || bobs.GetSenderSince() != nil {
		t.Errorf("of somebody whom the directory does not know it is asked %v", bobs)
	}
	if content.GetConversationType() != "group" || content.GetSenderRole() != "admin" || content.GetSenderSince() == nil || content.GetLanguage() != "en" || content.GetConversationId() != c {
		t.Errorf("of the message it is asked %v", content)
	}
	if title.GetField() != "title" || title.GetContent() != "Titre" || title.GetSenderId() != "alice" || title.GetConversationType() != "group" {
		t.Errorf("of the title it is asked %v", title)
	}
}

func TestAMessageThatWaitsIsThereForItsSenderAndAdminsOnly(t *testing.T) {
	w, _ := withModerator(t)
	c := w.group(t, "alice", "bob").GetId()
	before := w.cursor(t, "bob")
	m := w.send(t, "alice", c, "hold on that")
	get := func(ctx context.Context) error {
		_, err := w.chat.GetMessage(ctx, &chatv1.GetMessageRequest{Id: m.GetId()})
		return err
	}
	for _, ctx := range []context.Context{as(t, "alice"), asModerator(t), backEnd(t)} {
		must(t, get(ctx))
	}
	refused(t, get(as(t, "bob")), codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)

	for user, want := range map[string][]string{"alice": {"hold on that"}, "bob": nil} {
		list, err := w.chat.ListMessages(as(t, user), &chatv1.ListMessagesRequest{ConversationId: c})
		must(t, err)
		if got := contents(list.GetMessages()); !slices.Equal(got, want) {
			t.Errorf("%s lists %q", user, got)
		}
	}
	events, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{AfterCursor: before})
	must(t, err)
	if len(events.GetEvents()) != 0 {
		t.Errorf("bob is told %v", events.GetEvents())
	}
	_, err = w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: proto.String("x")})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = w.chat.DeleteMessage(as(t, "bob"), &chatv1.DeleteMessageRequest{Id: m.GetId()})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "x", ReplyToMessageId: m.GetId()})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
}

func TestTheSendersWaitingMessagesComeBeforeTheFirstPage(t *testing.T) {
	w, _ := withModerator(t)
	c := w.group(t, "alice", "bob").GetId()
	for _, content := range []string{"un", "hold un", "deux", "hold deux", "trois"} {
		w.clock.advance(time.Second)
		w.send(t, "alice", c, content)
	}
	list := func(req *chatv1.ListMessagesRequest) (*chatv1.ListMessagesResponse, []string) {
		req.ConversationId = c
		answer, err := w.chat.ListMessages(as(t, "alice"), req)
		must(t, err)
		return answer, contents(answer.GetMessages())
	}
	first, got := list(&chatv1.ListMessagesRequest{Limit: 2})
	if !slices.Equal(got, []string{"hold deux", "hold un", "trois", "deux"}) {
		t.Errorf("the first page is %q", got)
	}
	for name, req := range map[string]*chatv1.ListMessagesRequest{
		"the second page": {Limit: 2, PageToken: first.GetNextPageToken()}, "page 2": {Limit: 2, Page: 2}, "below a seq": {Limit: 2, BeforeSeq: proto.Int64(2)},
	} {
		if _, got := list(req); !slices.Equal(got, []string{"un"}) {
			t.Errorf("%s is %q", name, got)
		}
	}
	if _, got := list(&chatv1.ListMessagesRequest{AfterSeq: proto.Int64(0)}); !slices.Equal(got, []string{"un", "deux", "trois"}) {
		t.Errorf("above 0 are %q", got)
	}
}

func TestARepeatOfAWaitingMessageIsThatMessage(t *testing.T) {
	w, moderator := withModerator(t)
	c := w.group(t, "alice", "bob").GetId()
	req := &chatv1.SendMessageRequest{ConversationId: c, Content: "hold on that", ClientMessageId: "1"}
	first, err := w.chat.SendMessage(as(t, "alice"), req)
	must(t, err)
	again, err := w.chat.SendMessage(as(t, "alice"), req)
	must(t, err)
	if !again.GetDuplicate() || again.GetId() != first.GetId() || again.GetSeq() != 0 || len(moderator.inQueue()) != 1 {
		t.Errorf("the repeat is %v", again)
	}
	_, err = w.chat.SendMessage(as(t, "mallory"), &chatv1.SendMessageRequest{ConversationId: c, Content: "hold me"})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	if len(moderator.inQueue()) != 1 {
		t.Error("a message that nobody stores is in the queue")
	}
}

func TestAWaitingMessageIsTakenBackAndNotEdited(t *testing.T) {
	w, moderator := withModerator(t)
	w.works(t)
	c := w.group(t, "alice", "bob").GetId()
	m := w.send(t, "alice", c, "hold on that")
	_, err := w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: proto.String("autre")})
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_HELD)
	moderator.change(func() { moderator.away = true })
	_, err = w.chat.DeleteMessage(as(t, "alice"), &chatv1.DeleteMessageRequest{Id: m.GetId()})
	must(t, err)
	moderator.change(func() { moderator.away = false })
	moderator.until(t, "the text leaves the queue", func() bool { return moderator.forgotten[m.GetId()] })
	moderator.decide(m.GetId(), moderationv1.Verdict_approved)
	moderator.until(t, "the decision is settled", func() bool { return moderator.settled == 1 })
	if next := w.send(t, "bob", c, "bonjour"); next.GetSeq() != 1 {
		t.Errorf("the next message has seq %d", next.GetSeq())
	}
}

func TestWhatIsShownAtOnceCannotWait(t *testing.T) {
	w, moderator := withModerator(t)
	c := w.group(t, "alice", "bob").GetId()
	m := w.send(t, "alice", c, "bonjour")
	edit := func(content string) (*chatv1.Message, error) {
		return w.chat.UpdateMessage(as(t, "alice"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: proto.String(content)})
	}
	title := func(text string) (*chatv1.Conversation, error) {
		return w.chat.UpdateConversation(as(t, "alice"), &chatv1.UpdateConversationRequest{Id: c, Title: proto.String(text)})
	}
	_, err := edit("hold on that")
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	_, err = title("hold on that")
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	_, err = w.chat.CreateConversation(as(t, "alice"), &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group, Title: "reject"})
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)

	edited, err := edit("mask ceci")
	must(t, err)
	named, err := title("mask ceci")
	must(t, err)
	visitor, err := w.chat.StartAnonymousConversation(t.Context(), &chatv1.StartAnonymousConversationRequest{
		ApplicationId: app, DeviceId: "phone", Name: "mask Zoé", RecipientUserId: "bob",
	})
	must(t, err)
	if edited.GetContent() != "**** ceci" || named.GetTitle() != "**** ceci" || visitor.GetAnonymousUser().GetName() != "**** Zoé" {
		t.Errorf("they are %q, %q and %q", edited.GetContent(), named.GetTitle(), visitor.GetAnonymousUser().GetName())
	}
	_, err = edit("flag ceci")
	must(t, err)
	if r := moderator.inQueue()[m.GetId()]; !r.GetIsPublished() || r.GetContent() != "flag ceci" {
		t.Errorf("in the queue is %v", r)
	}
}
