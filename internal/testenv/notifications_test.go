package testenv_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// The story of those who were away, and of those who were not.

func TestNotificationsInOneProcess(t *testing.T) {
	notifications(t, testenv.Start(t, testenv.Config(t)))
}

func TestNotificationsInOneProcessOnMariaDBWithMosquitto(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.MariaDB(t)
	complete := testenv.WithMosquitto(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	notifications(t, env)
}

func TestNotificationsAsProcessesOnPostgreSQL(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	env, _ := testenv.StartSplit(t, c)
	notifications(t, env)
}

func TestAKillBetweenAMessageAndItsNotificationLosesNone(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")
	p := testenv.StartProcess(t, c)
	env := p.Env()
	alice, bob := env.Person(t, "alice"), env.NewPerson(t, "bob")
	conversation := pair(t, alice, bob)
	var sent []string
	for i := range 3 {
		sent = append(sent, alice.Sends(conversation, fmt.Sprint("message ", i)).GetMessageId())
		p.Kill()
		p.Start()
		alice.Connects()
	}
	got := awaitNotifications(t, bob, len(sent))
	for i, n := range got {
		if want := sent[len(sent)-1-i]; n.GetMessageId() != want {
			t.Errorf("bob's notifications are of %v, want the other way round %v", got, sent)
		}
	}
}

// awaitNotifications waits until a person has so many notifications, and answers them. After a kill the work is taken up
// again only when its lease has run out.
func awaitNotifications(t *testing.T, p *testenv.Person, atLeast int) []*chatv1.ChatNotification {
	t.Helper()
	tick, deadline := time.NewTicker(100*time.Millisecond), time.After(3*testenv.Patience)
	defer tick.Stop()
	for {
		if got := notificationsOf(t, p, ""); len(got) >= atLeast {
			return got
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s has %v, want %d", p.ID, notificationsOf(t, p, ""), atLeast)
		}
	}
}

func notificationsOf(t *testing.T, p *testenv.Person, query string) []*chatv1.ChatNotification {
	t.Helper()
	answer := new(chatv1.ListNotificationsResponse)
	p.Calls(http.MethodGet, "/api/chat/notifications"+query, nil).Into(t, answer)
	return answer.GetNotifications()
}

func notifications(t *testing.T, env *testenv.Env) {
	alice, bob, carol := env.Person(t, unique("alice")), env.Person(t, unique("bob")), env.NewPerson(t, unique("carol"))
	c := group(t, alice, bob.ID, carol.ID)
	ack := alice.Sends(c.GetId(), "Qui est là ?")
	bob.Receives("message.created")
	bob.Publishes("chat/user/"+bob.ID+"/receipts", map[string]any{"conversationId": c.GetId(), "delivered": ack.GetSeq()})

	t.Run("carol, who was away, is notified", func(t *testing.T) {
		n := awaitNotifications(t, carol, 1)[0]
		if n.GetMessageId() != ack.GetMessageId() || n.GetType() != chatv1.ChatNotification_new_message || n.GetStatus() != chatv1.ChatNotification_sent {
			t.Errorf("carol has %v", n)
		}
	})

	t.Run("bob, whose device acknowledged, and alice, who wrote, are not", func(t *testing.T) {
		for _, p := range []*testenv.Person{alice, bob} {
			if got := notificationsOf(t, p, ""); len(got) != 0 {
				t.Errorf("%s has %v", p.ID, got)
			}
		}
	})

	t.Run("what carol marks is read, and unread no more", func(t *testing.T) {
		id := notificationsOf(t, carol, "?unreadOnly=true")[0].GetId()
		marked := carol.Calls(http.MethodPut, "/api/chat/notifications", map[string]any{"ids": []any{id}})
		if marked.Status != http.StatusOK || marked.JSON(t)["markedCount"] != float64(1) {
			t.Errorf("HTTP %d: %s", marked.Status, marked.Body)
		}
		if got := notificationsOf(t, carol, "?unreadOnly=true"); len(got) != 0 {
			t.Errorf("carol still has %v", got)
		}
		if n := notificationsOf(t, carol, "")[0]; n.GetStatus() != chatv1.ChatNotification_read || n.GetReadAt() == nil {
			t.Errorf("carol has %v", n)
		}
	})

	t.Run("someone who is brought in is told", func(t *testing.T) {
		dave := env.NewPerson(t, unique("dave"))
		added := alice.Calls(http.MethodPost, "/api/chat/conversations/"+c.GetId()+"/participants", map[string]any{"userId": dave.ID})
		if added.Status != http.StatusOK {
			t.Fatalf("HTTP %d: %s", added.Status, added.Body)
		}
		if n := awaitNotifications(t, dave, 1)[0]; n.GetType() != chatv1.ChatNotification_conversation_joined || n.GetConversationId() != c.GetId() {
			t.Errorf("dave has %v", n)
		}
	})

	t.Run("rubbish is refused", func(t *testing.T) {
		for path, body := range map[string]any{"?limit=201": nil, "?pageToken=x": nil, "": map[string]any{"ids": []any{"x"}}} {
			method := http.MethodGet
			if body != nil {
				method = http.MethodPut
			}
			if answer := carol.Calls(method, "/api/chat/notifications"+path, body); answer.Status != http.StatusBadRequest {
				t.Errorf("%s %s: HTTP %d: %s", method, path, answer.Status, answer.Body)
			}
		}
		if answer := env.Back(t, http.MethodGet, "/api/chat/notifications", nil); answer.Status != http.StatusForbidden {
			t.Errorf("a back end in nobody's name: HTTP %d: %s", answer.Status, answer.Body)
		}
	})
}
