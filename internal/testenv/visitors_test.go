package testenv_test

import (
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat"
)

// The story of a visitor without account, told once and lived on every set-up.

func TestVisitorsInOneProcess(t *testing.T) {
	visiting(t, testenv.Start(t, withVisitors(testenv.Config(t))))
}

func TestVisitorsAsProcessesOnSQLite(t *testing.T) {
	c := withVisitors(testenv.Config(t))
	c.Database.URL = "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")
	env, _ := testenv.StartSplit(t, c)
	visiting(t, env)
}

func TestVisitorsAsProcessesOnMariaDB(t *testing.T) {
	c := withVisitors(testenv.Config(t))
	c.Database.URL = servers.MariaDB(t)
	env, _ := testenv.StartSplit(t, c)
	visiting(t, env)
}

// withVisitors switches visitors on.
func withVisitors(c app.Config) app.Config {
	c.Applications = maps.Clone(c.Applications)
	a := c.Applications[testenv.App]
	a.Features.Anonymous, a.Anonymous = true, chat.VisitorRules{RequireName: true, DeviceLimit: 2, AddressLimit: -1}
	c.Applications[testenv.App] = a
	return c
}

func visiting(t *testing.T, env *testenv.Env) {
	t.Run("a visitor writes, is answered, and comes back with their token", func(t *testing.T) { comingBack(t, env) })
	t.Run("a colleague takes over", func(t *testing.T) { takingOver(t, env) })
	t.Run("the visitor becomes a user, who keeps the history", func(t *testing.T) { becomingUser(t, env) })
	t.Run("the visitor is shown what is kept of them, and has it taken away", func(t *testing.T) { beingForgotten(t, env) })
	t.Run("a page that starts too often is told to wait", func(t *testing.T) { startingTooOften(t, env) })
}

// starts lets a visitor write to a user, over REST.
func starts(t *testing.T, env *testenv.Env, pro, device string, header http.Header) testenv.Answer {
	t.Helper()
	return env.Call(t, http.MethodPost, "/api/chat/anonymous", map[string]any{
		"applicationId": testenv.App, "deviceId": device, "name": "Zoé", "recipientUserId": pro, "metadata": map[string]any{"page": "/contact"},
	}, header)
}

// visitor makes a visitor who writes to a user, and is connected.
func visitor(t *testing.T, env *testenv.Env, pro *testenv.Person) (*testenv.Person, *chatv1.StartAnonymousConversationResponse) {
	t.Helper()
	started := new(chatv1.StartAnonymousConversationResponse)
	starts(t, env, pro.ID, unique("device"), nil).Into(t, started)
	v := env.Visitor(t, started)
	v.Connects()
	return v, started
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func comingBack(t *testing.T, env *testenv.Env) {
	pro := env.Person(t, unique("pro"))
	zoe, started := visitor(t, env, pro)
	c := started.GetConversation().GetId()
	if created := pro.Receives("conversation.created"); created.GetConversationId() != c || created.GetConversation().GetType() != chatv1.Conversation_anonymous {
		t.Errorf("pro heard %v", created)
	}
	if ack := zoe.Sends(c, "Bonjour, une chambre ?"); ack.GetStatus() != chatv1.SendAck_sent || ack.GetSeq() != 1 {
		t.Errorf("the ack is %v", ack)
	}
	if m := pro.Receives("message.created").GetMessage(); m.GetSenderName() != "Zoé" || m.GetSenderType() != chatv1.Message_anonymous {
		t.Errorf("pro received %v", m)
	}
	pro.Sends(c, "Bien sûr")
	zoe.Receives("message.created") // her own
	if m := zoe.Receives("message.created").GetMessage(); m.GetContent() != "Bien sûr" {
		t.Errorf("the visitor received %v", m)
	}
	zoe.Listens("chat/typing/" + c)
	for _, topic := range []string{"chat/conversation/" + c, "chat/announcement", "chat/user/" + pro.ID + "/messages"} {
		if zoe.MayListen(topic) {
			t.Errorf("the visitor may listen to %s", topic)
		}
	}

	again := new(chatv1.StartAnonymousConversationResponse)
	starts(t, env, pro.ID, "another-device", bearer(started.GetToken())).Into(t, again)
	if again.GetConversation().GetId() != c || again.GetToken() == "" {
		t.Errorf("they come back to %v", again)
	}
	stranger := new(chatv1.StartAnonymousConversationResponse)
	starts(t, env, pro.ID, started.GetAnonymousUser().GetDeviceId(), nil).Into(t, stranger)
	if stranger.GetConversation().GetId() == c {
		t.Error("who knows the deviceId is let in")
	}
	if answer := starts(t, env, pro.ID, "device", bearer(started.GetToken()+"x")); answer.Status != http.StatusUnauthorized {
		t.Errorf("a token that is not good is answered HTTP %d: %s", answer.Status, answer.Body)
	}
	for _, path := range []string{"/api/chat/announcements", "/api/chat/notifications", "/api/chat/directory/users"} {
		if answer := zoe.Calls(http.MethodGet, path, nil); answer.Status != http.StatusForbidden {
			t.Errorf("%s is answered HTTP %d", path, answer.Status)
		}
	}
	if answer := zoe.Calls(http.MethodGet, "/api/chat/conversations/"+stranger.GetConversation().GetId(), nil); answer.Status != http.StatusNotFound {
		t.Errorf("another visitor's conversation is answered HTTP %d", answer.Status)
	}
}

func takingOver(t *testing.T, env *testenv.Env) {
	pro, colleague := env.Person(t, unique("pro")), env.Person(t, unique("colleague"))
	zoe, started := visitor(t, env, pro)
	c := started.GetConversation().GetId()
	zoe.Sends(c, "Bonjour")
	answer := pro.Calls(http.MethodPost, "/api/chat/conversations/"+c+"/transfer", map[string]any{"toUserId": colleague.ID, "note": "Elle cherche une chambre."})
	transferred := new(chatv1.Conversation)
	answer.Into(t, transferred)

	if p := colleague.Receives("participant.added").GetParticipant(); p.GetUserId() != colleague.ID || p.GetRole() != chatv1.Participant_admin {
		t.Errorf("the colleague heard %v", p)
	}
	notice := colleague.Receives("message.created").GetMessage()
	if notice.GetSenderType() != chatv1.Message_system || !strings.Contains(notice.GetContent(), "a transmis la conversation à Name of "+colleague.ID) ||
		!strings.HasSuffix(notice.GetContent(), "Elle cherche une chambre.") {
		t.Errorf("the colleague reads %v", notice)
	}
	if got := contents(history(t, colleague, c, "")); len(got) != 2 || got[1] != "Bonjour" {
		t.Errorf("the colleague's history is %q", got)
	}
	pro.Receives("participant.removed")
	if answer := pro.Calls(http.MethodGet, "/api/chat/conversations/"+c, nil); answer.Status != http.StatusNotFound {
		t.Errorf("who handed it over still has it: HTTP %d", answer.Status)
	}
	colleague.Sends(c, "Je reprends")
	for zoe.Receives("message.created").GetMessage().GetContent() != "Je reprends" {
	}
}

func becomingUser(t *testing.T, env *testenv.Env) {
	pro, user := env.Person(t, unique("pro")), env.Person(t, unique("zoe"))
	zoe, started := visitor(t, env, pro)
	c := started.GetConversation().GetId()
	first := zoe.Sends(c, "Bonjour")
	pro.Sends(c, "Créez un compte !")
	convert := "/api/chat/anonymous/" + started.GetAnonymousUser().GetId() + "/convert"
	converted := new(chatv1.AnonymousUser)
	env.Back(t, http.MethodPost, convert, map[string]any{"userId": user.ID}).Into(t, converted)
	if converted.GetConvertedToUserId() != user.ID {
		t.Errorf("the visitor is %v", converted)
	}

	if p := user.Receives("participant.added").GetParticipant(); p.GetUserId() != user.ID || p.GetAnonymousId() != converted.GetId() {
		t.Errorf("the user heard %v", p)
	}
	if p := pro.Receives("participant.removed").GetParticipant(); p.GetAnonymousId() != converted.GetId() || p.GetUserId() != "" {
		t.Errorf("pro heard %v", p)
	}
	if ack := user.Sends(c, "C'est fait"); ack.GetSeq() != 3 {
		t.Errorf("the ack is %v", ack)
	}
	list := history(t, user, c, "?afterSeq=0")
	if got := contents(list); !slices.Equal(got, []string{"Bonjour", "Créez un compte !", "C'est fait"}) ||
		list[0].GetId() != first.GetMessageId() || list[0].GetSenderId() != user.ID {
		t.Errorf("the history is %v", list)
	}

	// The old token is dead, at each door.
	for {
		notice := string(zoe.Hears("chat/user/" + zoe.ID + "/acks"))
		if strings.Contains(notice, "token.revoked") {
			break
		}
	}
	zoe.IsSentAway()
	if zoe.MayConnect() {
		t.Error("the visitor still connects")
	}
	for _, call := range []testenv.Answer{
		zoe.Calls(http.MethodGet, "/api/chat/conversations", nil),
		zoe.Calls(http.MethodGet, "/api/chat/conversations/"+c+"/messages", nil),
		zoe.Calls(http.MethodGet, "/api/chat/anonymous/"+converted.GetId(), nil),
		starts(t, env, pro.ID, "device", bearer(zoe.Token)),
	} {
		if call.Status != http.StatusUnauthorized || call.Reason(t) != "TOKEN_REVOKED" {
			t.Errorf("the old token is answered HTTP %d: %s", call.Status, call.Body)
		}
	}
	if answer := env.Back(t, http.MethodPost, convert, map[string]any{"userId": pro.ID + "-2"}); answer.Status != http.StatusConflict || answer.Reason(t) != "ALREADY_CONVERTED" {
		t.Errorf("another user is answered HTTP %d: %s", answer.Status, answer.Body)
	}
}

func beingForgotten(t *testing.T, env *testenv.Env) {
	pro := env.Person(t, unique("pro"))
	zoe, started := visitor(t, env, pro)
	c, path := started.GetConversation().GetId(), "/api/chat/anonymous/"+started.GetAnonymousUser().GetId()
	zoe.Sends(c, "Oubliez-moi")
	export := new(chatv1.AnonymousUserExport)
	zoe.Calls(http.MethodGet, path+"/export", nil).Into(t, export)
	if export.GetAnonymousUser().GetName() != "Zoé" || len(export.GetMessages()) != 1 || export.GetConversation().GetId() != c {
		t.Errorf("the export is %v", export)
	}
	if answer := pro.Calls(http.MethodDelete, path, nil); answer.Status != http.StatusForbidden {
		t.Errorf("pro erases a visitor: HTTP %d", answer.Status)
	}
	if answer := zoe.Calls(http.MethodDelete, path+"?eraseMessages=true", nil); answer.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", answer.Status, answer.Body)
	}
	pro.Receives("message.deleted")
	pro.Receives("participant.removed")
	zoe.IsSentAway()
	if zoe.MayConnect() {
		t.Error("the visitor still connects")
	}
	left := history(t, pro, c, "")
	if len(left) != 1 || left[0].GetContent() != "" || left[0].GetSenderName() != "" {
		t.Errorf("pro reads %v", left)
	}
	if body := string(env.Back(t, http.MethodGet, path, nil).Body); strings.Contains(body, "Zoé") || strings.Contains(body, "/contact") {
		t.Errorf("of the visitor is left %s", body)
	}
	if answer := zoe.Calls(http.MethodGet, path, nil); answer.Status != http.StatusUnauthorized || answer.Reason(t) != "TOKEN_REVOKED" {
		t.Errorf("the old token is answered HTTP %d: %s", answer.Status, answer.Body)
	}
}

func startingTooOften(t *testing.T, env *testenv.Env) {
	device := unique("device")
	for range 2 {
		starts(t, env, "pro", device, nil).Into(t, new(chatv1.StartAnonymousConversationResponse))
	}
	answer := starts(t, env, "pro", device, nil)
	if answer.Status != http.StatusTooManyRequests || answer.Reason(t) != "RATE_LIMIT" || answer.Header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d %v: %s", answer.Status, answer.Header, answer.Body)
	}
	nameless := env.Call(t, http.MethodPost, "/api/chat/anonymous", map[string]any{
		"applicationId": testenv.App, "deviceId": "d", "recipientUserId": "pro",
	}, nil)
	if nameless.Status != http.StatusBadRequest {
		t.Errorf("without a name: HTTP %d: %s", nameless.Status, nameless.Body)
	}
	other := env.Call(t, http.MethodPost, "/api/chat/anonymous", map[string]any{
		"applicationId": "nowhere", "deviceId": "d", "name": "Zoé", "recipientUserId": "pro",
	}, nil)
	if other.Status != http.StatusNotFound {
		t.Errorf("an application that there is not: HTTP %d: %s", other.Status, other.Body)
	}
}
