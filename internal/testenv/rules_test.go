package testenv_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// setRules sets the rules of App: these words are refused, and no others.
func setRules(t *testing.T, env *testenv.Env, words ...string) {
	t.Helper()
	answer := env.Back(t, http.MethodPut, "/api/chat/moderation/rules", map[string]any{"moderatorEnabled": true, "badWords": words})
	if answer.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", answer.Status, answer.Body)
	}
}

func refused(t *testing.T, ack *chatv1.SendAck) {
	t.Helper()
	if ack.GetRefusal().GetReason() != "MESSAGE_REJECTED" {
		t.Errorf("the ack is %v", ack)
	}
}

// Rules that are set at one process are in force there at once, in the other soon, and in both after a restart, whatever
// their configuration says.
func TestRulesAreSetWhileTwoProcessesRun(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"PostgreSQL": servers.Postgres, "MariaDB": servers.MariaDB} {
		t.Run(name, func(t *testing.T) {
			c := testenv.Config(t)
			c.Database.URL = url(t)
			one := testenv.Start(t, c)
			c.DataDir = t.TempDir()
			other := testenv.Start(t, c)
			alice := one.Person(t, unique("alice"))
			elsewhere := other.Person(t, alice.ID)
			conversation := pair(t, alice, one.NewPerson(t, unique("bob")))
			refused(t, alice.Sends(conversation, testenv.BadWord))

			setRules(t, one, "mince*")
			refused(t, alice.Sends(conversation, "m1nces"))
			passed(t, alice.Sends(conversation, testenv.BadWord))
			begun := time.Now()
			for elsewhere.Sends(conversation, "mince").GetRefusal() == nil {
				if time.Since(begun) > 10*time.Second {
					t.Fatal("the other process does not hear of it")
				}
			}
			passed(t, elsewhere.Sends(conversation, testenv.BadWord))

			c.DataDir = t.TempDir()
			restarted := testenv.Start(t, c)
			refused(t, restarted.Person(t, alice.ID).Sends(conversation, "mince"))
			if stats := restarted.Back(t, http.MethodGet, "/api/chat/moderation/stats", nil); !strings.Contains(string(stats.Body), `"bad_words"`) {
				t.Errorf("nothing was counted: %s", stats.Body)
			}
		})
	}
}
