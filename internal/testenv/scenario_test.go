package testenv_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// The story of two people and a group, told once and lived on every set-up.

func TestScenarioInOneProcess(t *testing.T) {
	scenario(t, testenv.Start(t, testenv.Config(t)))
}

func TestScenarioInOneProcessOnPostgreSQLWithMosquitto(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	complete := testenv.WithMosquitto(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	scenario(t, env)
}

func TestScenarioInOneProcessOnMariaDB(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.MariaDB(t)
	scenario(t, testenv.Start(t, c))
}

func TestScenarioOnSQLiteWithMosquitto(t *testing.T) {
	c := testenv.Config(t)
	complete := testenv.WithMosquitto(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	scenario(t, env)
}

func TestScenarioOnSQLiteWithMosquittoAndDynamicSecurity(t *testing.T) {
	c := testenv.Config(t)
	_, complete := testenv.WithDynamicSecurity(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	scenario(t, env)
}

func TestScenarioAsProcessesOnPostgreSQL(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	env, _ := testenv.StartSplit(t, c)
	scenario(t, env)
}

func TestScenarioAsProcessesOnSQLite(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")
	env, _ := testenv.StartSplit(t, c)
	scenario(t, env)
}

func TestScenarioAsReplicasOfEveryProcess(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	complete := testenv.WithMosquitto(t, &c)
	env, first := testenv.StartReplicas(t, c)
	complete(env)
	scenario(t, env)
	t.Run("one of each is killed, and the other goes on", func(t *testing.T) {
		for _, p := range first {
			p.Kill()
		}
		env.AwaitReady(t)
		writing(t, env)
	})
}

func scenario(t *testing.T, env *testenv.Env) {
	t.Run("alice writes, bob receives, and the history has it", func(t *testing.T) { writing(t, env) })
	t.Run("what came while bob was away is there when he returns", func(t *testing.T) { returning(t, env) })
	t.Run("bob reads, and alice hears of it", func(t *testing.T) { reading(t, env) })
	t.Run("the same clientMessageId again changes nothing", func(t *testing.T) { repeating(t, env) })
	t.Run("nobody writes in another's name", func(t *testing.T) { impersonating(t, env) })
	t.Run("a group is told, and those who are not in it are not", func(t *testing.T) { grouping(t, env) })
	t.Run("a file is uploaded, sent, and there for the group alone", func(t *testing.T) { sharing(t, env) })
	t.Run("typing passes with the sender proven", func(t *testing.T) { typing(t, env) })
	t.Run("a refused word is refused, and nothing is stored", func(t *testing.T) { moderating(t, env) })
	t.Run("two applications with the same user ids never meet", func(t *testing.T) { separating(t, env) })
}

// pair makes the one conversation of two people.
func pair(t *testing.T, a, b *testenv.Person) string {
	t.Helper()
	c := new(chatv1.Conversation)
	a.Calls(http.MethodPost, "/api/chat/conversations", map[string]any{
		"type": "one_to_one", "participants": []any{map[string]any{"userId": b.ID}},
	}).Into(t, c)
	return c.GetId()
}

func group(t *testing.T, admin *testenv.Person, members ...string) *chatv1.Conversation {
	t.Helper()
	var participants []any
	for _, m := range members {
		participants = append(participants, map[string]any{"userId": m})
	}
	c := new(chatv1.Conversation)
	admin.Calls(http.MethodPost, "/api/chat/conversations", map[string]any{
		"type": "group", "title": "L'équipe", "participants": participants,
	}).Into(t, c)
	return c
}

func history(t *testing.T, p *testenv.Person, conversation, query string) []*chatv1.Message {
	t.Helper()
	ask := func() testenv.Answer {
		return p.Calls(http.MethodGet, "/api/chat/conversations/"+conversation+"/messages"+query, nil)
	}
	answer := ask()
	// Who is told to come back later does.
	for deadline := time.Now().Add(testenv.Patience); answer.Status == http.StatusServiceUnavailable && time.Now().Before(deadline); {
		<-time.After(50 * time.Millisecond)
		answer = ask()
	}
	list := new(chatv1.ListMessagesResponse)
	answer.Into(t, list)
	return list.GetMessages()
}

func contents(messages []*chatv1.Message) []string {
	var list []string
	for _, m := range messages {
		list = append(list, m.GetContent())
	}
	return list
}

// unique makes people whom no other part of the story knows.
func unique(name string) string { return name + "-" + uuid.NewString()[:8] }

func writing(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)

	ack := alice.Sends(c, "Bonjour")
	if ack.GetStatus() != chatv1.SendAck_sent || ack.GetSeq() != 1 || ack.GetDuplicate() || ack.GetConversationId() != c {
		t.Errorf("the ack is %v", ack)
	}
	event := bob.Receives("message.created")
	m := event.GetMessage()
	if m.GetContent() != "Bonjour" || m.GetSenderId() != alice.ID || m.GetId() != ack.GetMessageId() || event.GetSeq() != 1 || event.GetCursor() == "" {
		t.Errorf("bob received %v", event)
	}
	if own := alice.Receives("message.created"); own.GetEventId() != event.GetEventId() {
		t.Errorf("alice's other devices received %s, bob %s", own.GetEventId(), event.GetEventId())
	}
	for i := range 4 {
		alice.Sends(c, fmt.Sprint(i+2))
	}
	for query, want := range map[string][]string{
		"":                     {"5", "4", "3", "2", "Bonjour"},
		"?limit=2":             {"5", "4"},
		"?page=2&limit=2":      {"3", "2"},
		"?page=3&limit=2":      {"Bonjour"},
		"?page=4&limit=2":      nil,
		"?beforeSeq=3":         {"2", "Bonjour"},
		"?afterSeq=3":          {"4", "5"},
		"?after_seq=0&limit=1": {"Bonjour"},
	} {
		if got := contents(history(t, bob, c, query)); !slices.Equal(got, want) {
			t.Errorf("history%s is %q, want %q", query, got, want)
		}
	}
	list := new(chatv1.ListConversationsResponse)
	bob.Calls(http.MethodGet, "/api/chat/conversations", nil).Into(t, list)
	if len(list.GetConversations()) != 1 || list.GetConversations()[0].GetUnreadCount() != 5 || list.GetConversations()[0].GetLastMessage().GetContent() != "5" {
		t.Errorf("bob's conversations are %v", list)
	}
}

func sharing(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	mallory := env.NewPerson(t, unique("mallory"))
	c := group(t, alice, bob.ID)
	_, cursor := bob.Syncs("")
	content := "%PDF-1.7\n" + strings.Repeat("bonjour ", 40_000)
	file := alice.Uploads("plan.pdf", content)

	ack := alice.SendsAs(&chatv1.SendPayload{ConversationId: c.GetId(), ClientMessageId: uuid.NewString(), AttachmentIds: []string{file.GetId()}})
	if ack.GetStatus() != chatv1.SendAck_sent {
		t.Fatalf("the ack is %v", ack)
	}
	m := bob.Receives("message.created").GetMessage()
	if len(m.GetAttachments()) != 1 || !proto.Equal(m.GetAttachments()[0], file) || m.GetContentType() != chatv1.Message_file {
		t.Fatalf("bob received %v", m)
	}
	if got := history(t, bob, c.GetId(), ""); len(got) != 1 || len(got[0].GetAttachments()) != 1 {
		t.Errorf("the history is %v", got)
	}
	if events, _ := bob.Syncs(cursor); len(events) == 0 || len(events[len(events)-1].GetMessage().GetAttachments()) != 1 {
		t.Errorf("what happened is %v", events)
	}
	url := m.GetAttachments()[0].GetUrl()
	if got := bob.Calls(http.MethodGet, url, nil); got.Status != http.StatusOK || string(got.Body) != content || got.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("bob is answered HTTP %d, %d bytes, %v", got.Status, len(got.Body), got.Header)
	}
	link := new(chatv1.AttachmentLink)
	bob.Calls(http.MethodPost, url+"/link", map[string]any{}).Into(t, link)
	if got := env.Call(t, http.MethodGet, link.GetUrl(), nil, http.Header{"Range": {"bytes=0-7"}}); got.Status != http.StatusPartialContent || string(got.Body) != "%PDF-1.7" {
		t.Errorf("the link is answered HTTP %d %.20q", got.Status, got.Body)
	}
	if got := mallory.Calls(http.MethodGet, url, nil); got.Status != http.StatusNotFound {
		t.Errorf("mallory is answered HTTP %d", got.Status)
	}
	for _, p := range c.GetParticipants() {
		if p.GetUserId() == bob.ID {
			alice.Calls(http.MethodDelete, "/api/chat/conversations/"+c.GetId()+"/participants/"+p.GetId(), nil)
		}
	}
	for whose, url := range map[string]string{"bob": url, "his link": link.GetUrl()} {
		if got := bob.Calls(http.MethodGet, url, nil); got.Status != http.StatusNotFound {
			t.Errorf("once he is removed, %s is answered HTTP %d", whose, got.Status)
		}
	}
}

func returning(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.NewPerson(t, unique("bob"))
	c := pair(t, alice, bob)
	bob.ConnectsWithSession()
	_, cursor := bob.Syncs("")
	bob.Leaves()

	alice.Sends(c, "one")
	alice.Sends(c, "two")
	// What alice has received of her own is in bob's session too.
	alice.Receives("message.created")
	alice.Receives("message.created")
	bob.ConnectsWithSession()
	if !env.SessionsEnd {
		// A broker may hand over a session in any order; seq tells the right one.
		kept := []string{"", ""}
		for range kept {
			m := bob.Receives("message.created").GetMessage()
			kept[m.GetSeq()-1] = m.GetContent()
		}
		if !slices.Equal(kept, []string{"one", "two"}) {
			t.Errorf("bob's session kept %q", kept)
		}
	}
	events, cursor := bob.Syncs(cursor)
	var got []string
	for _, e := range events {
		if e.GetEvent() == "message.created" {
			got = append(got, e.GetMessage().GetContent())
		}
	}
	if !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("bob synced %q", got)
	}
	if again, _ := bob.Syncs(cursor); len(again) != 0 {
		t.Errorf("synced again, bob has %v", again)
	}
}

func reading(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	sent := alice.Sends(c, "Lu ?")
	bob.Receives("message.created")

	bob.Publishes("chat/user/"+bob.ID+"/receipts", map[string]any{"conversationId": c, "delivered": 1})
	if r := alice.Receives("receipt.delivered").GetReceipt(); r.GetUserId() != bob.ID || r.GetSeq() != 1 {
		t.Errorf("alice heard %v", r)
	}
	bob.Publishes("chat/user/"+bob.ID+"/receipts", map[string]any{"conversationId": c, "read": "1"})
	if r := alice.Receives("receipt.read").GetReceipt(); r.GetUserId() != bob.ID || r.GetMessageId() != sent.GetMessageId() {
		t.Errorf("alice heard %v", r)
	}
	m := history(t, alice, c, "")[0]
	if m.GetStatus() != chatv1.Message_read || m.GetDeliveredAt() == nil || m.GetReadAt() == nil {
		t.Errorf("the message is %v", m)
	}
	list := new(chatv1.ListConversationsResponse)
	bob.Calls(http.MethodGet, "/api/chat/conversations", nil).Into(t, list)
	if n := list.GetConversations()[0].GetUnreadCount(); n != 0 {
		t.Errorf("bob has %d unread", n)
	}
}

func repeating(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	payload := &chatv1.SendPayload{ConversationId: c, Content: "une fois", ClientMessageId: "m-1"}
	first, again := alice.SendsAs(payload), alice.SendsAs(payload)
	if !again.GetDuplicate() || again.GetMessageId() != first.GetMessageId() || again.GetSeq() != first.GetSeq() || again.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("the second ack is %v", again)
	}
	conflict := alice.SendsAs(&chatv1.SendPayload{ConversationId: c, Content: "autre chose", ClientMessageId: "m-1"})
	if conflict.GetStatus() != chatv1.SendAck_error || conflict.GetRefusal().GetReason() != "IDEMPOTENCY_CONFLICT" || conflict.GetRefusal().GetRetryable() {
		t.Errorf("another content is answered %v", conflict)
	}
	// The older form has no clientMessageId: the payload itself is told again.
	old := map[string]any{"conversationId": c, "content": "forme ancienne", "senderId": alice.ID, "timestamp": 1732345678}
	for i, want := range []bool{false, true} {
		alice.Publishes("chat/user/"+alice.ID+"/send", old)
		if ack := alice.Ack(); ack.GetStatus() != chatv1.SendAck_sent || ack.GetDuplicate() != want {
			t.Errorf("time %d of the older form is answered %v", i+1, ack)
		}
	}
	alice.Sends(c, "fin")
	var received []string
	for len(received) == 0 || received[len(received)-1] != "fin" {
		received = append(received, bob.Receives("message.created").GetMessage().GetContent())
	}
	if want := []string{"une fois", "forme ancienne", "fin"}; !slices.Equal(received, want) {
		t.Errorf("bob received %q, want %q", received, want)
	}
}

func impersonating(t *testing.T, env *testenv.Env) {
	alice, bob, mallory := env.Person(t, unique("alice")), env.Person(t, unique("bob")), env.Person(t, unique("mallory"))
	c := pair(t, alice, bob)
	// On alice's topic, the broker refuses; on her own, the sender she names is not her; and she is not in the conversation.
	mallory.Publishes("chat/user/"+alice.ID+"/send", map[string]any{"conversationId": c, "content": "usurpation"})
	ack := mallory.SendsAs(&chatv1.SendPayload{ConversationId: c, Content: "usurpation", SenderId: alice.ID})
	if ack.GetRefusal().GetReason() != "SENDER_MISMATCH" {
		t.Errorf("naming alice is answered %v", ack)
	}
	if ack := mallory.Sends(c, "intrusion"); ack.GetRefusal().GetReason() != "NOT_FOUND" {
		t.Errorf("writing where she is not is answered %v", ack)
	}
	alice.Sends(c, "vraiment moi")
	if got := bob.Receives("message.created").GetMessage().GetContent(); got != "vraiment moi" {
		t.Errorf("bob received %q", got)
	}
	if got := contents(history(t, alice, c, "")); len(got) != 1 {
		t.Errorf("history is %q", got)
	}
	if answer := mallory.Calls(http.MethodGet, "/api/chat/conversations/"+c+"/messages", nil); answer.Status != http.StatusNotFound {
		t.Errorf("mallory reads the history: HTTP %d", answer.Status)
	}
}

func grouping(t *testing.T, env *testenv.Env) {
	alice, bob, carol := env.Person(t, unique("alice")), env.Person(t, unique("bob")), env.Person(t, unique("carol"))
	c := group(t, alice, bob.ID)
	topic := "chat/conversation/" + c.GetId()
	if env.ConversationTopics {
		bob.Listens(topic)
		if carol.MayListen(topic) {
			t.Error("carol may listen to a conversation she is not in")
		}
	}
	alice.Sends(c.GetId(), "au groupe")
	inbox := bob.Receives("message.created")
	if env.ConversationTopics {
		alice.Sends(c.GetId(), "sur le sujet")
		if e := bob.ReceivesOn(topic, "message.created"); e.GetConversationId() != c.GetId() {
			t.Errorf("bob received %v", e)
		}
	}
	if inbox.GetMessage().GetContent() != "au groupe" {
		t.Errorf("bob received %v", inbox)
	}

	added := new(chatv1.Participant)
	alice.Calls(http.MethodPost, "/api/chat/conversations/"+c.GetId()+"/participants", map[string]any{"userId": carol.ID}).Into(t, added)
	if p := carol.Receives("participant.added").GetParticipant(); p.GetUserId() != carol.ID {
		t.Errorf("carol heard %v", p)
	}
	alice.Sends(c.GetId(), "bienvenue")
	if got := carol.Receives("message.created").GetMessage().GetContent(); got != "bienvenue" {
		t.Errorf("carol received %q", got)
	}
	if env.ConversationTopics {
		carol.Listens(topic)
	}
	if answer := alice.Calls(http.MethodDelete, "/api/chat/conversations/"+c.GetId()+"/participants/"+added.GetId(), nil); answer.Status != http.StatusOK {
		t.Fatalf("removing carol: HTTP %d: %s", answer.Status, answer.Body)
	}
	carol.Receives("participant.removed")
	ack := alice.Sends(c.GetId(), "sans carol")
	if carol.Sends(c.GetId(), "encore là ?").GetRefusal().GetReason() != "NOT_FOUND" {
		t.Error("carol still writes")
	}
	for _, e := range carol.SoFar() {
		if e.GetMessage().GetId() == ack.GetMessageId() {
			t.Error("carol still receives")
		}
	}
	if answer := bob.Calls(http.MethodDelete, "/api/chat/conversations/"+c.GetId()+"/participants/me", nil); answer.Status != http.StatusOK {
		t.Fatalf("leaving: HTTP %d: %s", answer.Status, answer.Body)
	}
	for bob.Receives("participant.removed").GetParticipant().GetUserId() != bob.ID { // of carol he heard before
	}
	if answer := bob.Calls(http.MethodGet, "/api/chat/conversations/"+c.GetId()+"/messages", nil); answer.Status != http.StatusNotFound {
		t.Errorf("having left, bob's history is HTTP %d: %s", answer.Status, answer.Body)
	}
}

func typing(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	if env.ConversationTopics {
		bob.Listens("chat/typing/" + c)
	}
	alice.Publishes("chat/user/"+alice.ID+"/typing", map[string]any{"conversationId": c, "typing": true})
	signal := new(chatv1.Typing)
	if env.ConversationTopics {
		bob.HearsInto("chat/typing/"+c, signal)
	} else {
		signal = bob.Receives("typing").GetTyping()
	}
	if signal.GetUserId() != alice.ID || !signal.GetTyping() || signal.GetConversationId() != c {
		t.Errorf("bob heard %v", signal)
	}
}

func moderating(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	ack := alice.Sends(c, "Oh "+testenv.BadWord+" alors")
	if ack.GetStatus() != chatv1.SendAck_error || ack.GetRefusal().GetReason() != "MESSAGE_REJECTED" || ack.GetRefusal().GetRetryable() {
		t.Errorf("the ack is %v", ack)
	}
	if got := history(t, alice, c, ""); len(got) != 0 {
		t.Errorf("history is %v", got)
	}
}

func separating(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	alice.Sends(c, "ici")
	elsewhere := http.Header{"Authorization": {"Bearer " + testenv.Token(t, testenv.Other, alice.ID)}}
	for _, path := range []string{"/api/chat/conversations/" + c, "/api/chat/conversations/" + c + "/messages", "/api/chat/conversations/" + c + "/participants"} {
		if answer := env.Call(t, http.MethodGet, path, nil, elsewhere); answer.Status != http.StatusNotFound {
			t.Errorf("%s from another application: HTTP %d", path, answer.Status)
		}
	}
	list := new(chatv1.ListConversationsResponse)
	env.Call(t, http.MethodGet, "/api/chat/conversations", nil, elsewhere).Into(t, list)
	if len(list.GetConversations()) != 0 {
		t.Errorf("alice of the other application is listed %v", list)
	}
}
