package testenv_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
)

// webhookReceiver is a webhook that refuses now and then, and keeps what it took.
type webhookReceiver struct {
	mu    sync.Mutex
	posts int
	taken map[string][]string // the contents of messages by conversation, without repeats
	seen  map[string]bool
}

// ServeHTTP takes an event, or refuses it.
func (b *webhookReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var e struct {
		EventID, Event, ConversationID string
		Message                        struct{ Content string }
	}
	err := json.NewDecoder(r.Body).Decode(&e)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts++
	if err != nil || b.posts%60 == 0 {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if e.Event == "message.created" && !b.seen[e.EventID] {
		b.seen[e.EventID] = true
		b.taken[e.ConversationID] = append(b.taken[e.ConversationID], e.Message.Content)
	}
}

func (b *webhookReceiver) has(conversation string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.taken[conversation])
}

// Two processes share the webhooks; the one that posts is killed while people write. Nothing of it was told that it should end.
func TestTheProcessThatPostsToAWebhookIsKilledAndAnotherGoesOnWithoutAGap(t *testing.T) {
	back := &webhookReceiver{taken: map[string][]string{}, seen: map[string]bool{}}
	server := httptest.NewServer(back)
	t.Cleanup(server.Close)
	c := testenv.Config(t)
	a := c.Applications[testenv.App]
	a.Webhooks = []app.Webhook{{URL: server.URL, Secret: "whsec_bm90LWEtcmVhbC1zZWNyZXQtYnV0LWxvbmctZW5vdWdo"}}
	c.Applications[testenv.App] = a
	c.Run = []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat, app.RoleMQTT}
	services := testenv.StartProcess(t, c)
	c.Run, c.Log.Level, c.DataDir = []app.Role{app.RoleHTTP}, "info", t.TempDir()
	c.Services = map[app.Role]string{}
	for _, role := range []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat} {
		c.Services[role] = services.GRPC
	}
	first, second := testenv.StartProcess(t, c), testenv.StartProcess(t, c)
	env := services.Env()
	env.REST = "http://" + second.HTTP

	alice, bob := env.Person(t, "alice"), env.NewPerson(t, "bob")
	conversation := pair(t, alice, bob)
	await(t, "one of them posts", func() bool {
		// What happens before a new webhook has begun is not told.
		alice.Publishes("chat/user/alice/send", &chatv1.SendPayload{ConversationId: conversation, Content: "bonjour"})
		alice.Ack()
		return len(back.has(conversation)) > 0
	})
	const posts = "posts to a webhook now"
	if first.Logged(posts) == second.Logged(posts) {
		t.Fatal("not one of them posts")
	}
	if second.Logged(posts) {
		first, second = second, first
		env.REST = "http://" + second.HTTP
	}
	const messages = 120
	var want []string
	var killed time.Time
	for i := range messages {
		text := fmt.Sprint(i)
		want = append(want, text)
		alice.Publishes("chat/user/alice/send", &chatv1.SendPayload{ConversationId: conversation, Content: text, ClientMessageId: text})
		alice.Ack()
		if i == messages/3 {
			first.Kill()
			killed = time.Now()
		}
	}
	told := func() []string {
		return slices.DeleteFunc(back.has(conversation), func(text string) bool { return text == "bonjour" })
	}
	await(t, "the webhook is told of all", func() bool { return len(told()) == messages })
	t.Logf("all is told %v after the kill", time.Since(killed))
	if got := told(); !slices.Equal(got, want) {
		t.Errorf("it is told %v", got)
	}
	if !second.Logged(posts) {
		t.Error("the second has not taken over")
	}
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * testenv.Patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("it is not so that %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}
