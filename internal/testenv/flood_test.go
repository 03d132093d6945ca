package testenv_test

import (
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// limited lets people of App send as many messages a minute.
func limited(c *app.Config, messages int32) {
	geosector := c.Applications[testenv.App]
	geosector.FloodLimit, geosector.FloodWindow = &messages, time.Minute
	c.Applications[testenv.App] = geosector
}

// flooded says that a send was refused for now, and for how long.
func flooded(t *testing.T, ack *chatv1.SendAck) {
	t.Helper()
	e := ack.GetRefusal()
	if ack.GetStatus() != chatv1.SendAck_error || e.GetReason() != "FLOOD_LIMIT" || !e.GetRetryable() ||
		e.GetRetryAfterMs() <= 30_000 || e.GetRetryAfterMs() > 60_000 {
		t.Errorf("the ack is %v", ack)
	}
}

func passed(t *testing.T, ack *chatv1.SendAck) {
	t.Helper()
	if ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("the ack is %v", ack)
	}
}

func TestAFloodIsRefusedAtTheDoor(t *testing.T) {
	c := testenv.Config(t)
	limited(&c, 2)
	env := testenv.Start(t, c)
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	conversation := pair(t, alice, bob)

	first := &chatv1.SendPayload{ConversationId: conversation, Content: "un", ClientMessageId: unique("m")}
	passed(t, alice.SendsAs(first))
	passed(t, alice.Sends(conversation, "deux"))
	flooded(t, alice.Sends(conversation, "trois"))
	if again := alice.SendsAs(first); !again.GetDuplicate() || again.GetSeq() != 1 {
		t.Errorf("the repeat is answered %v", again)
	}
	passed(t, bob.Sends(conversation, "moi"))
}

func TestTwoProcessesCountOnValkey(t *testing.T) {
	cache := servers.Valkey(t)
	c := testenv.Config(t)
	c.Database.URL, c.Valkey.URL = servers.Postgres(t), cache.URL
	c.Valkey.Timeout = 2 * time.Second // on a machine that is busy with tests
	limited(&c, 3)
	one := testenv.Start(t, c)
	c.DataDir = t.TempDir()
	other := testenv.Start(t, c)

	alice := one.Person(t, unique("alice"))
	elsewhere := other.Person(t, alice.ID)
	conversation := pair(t, alice, one.NewPerson(t, unique("bob")))
	passed(t, alice.Sends(conversation, "un"))
	passed(t, elsewhere.Sends(conversation, "deux"))
	passed(t, alice.Sends(conversation, "trois"))
	flooded(t, alice.Sends(conversation, "quatre"))
	flooded(t, elsewhere.Sends(conversation, "cinq"))

	cache.Kill()
	start := time.Now()
	for _, p := range []*testenv.Person{alice, elsewhere} {
		passed(t, p.Sends(conversation, "Valkey n'est plus là"))
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("without Valkey two messages took %v", took)
	}
	cache.Start()
	countsTogetherAgain(t, one, other)
}

// countsTogetherAgain waits until a process hears what the other has counted.
func countsTogetherAgain(t *testing.T, one, other *testenv.Env) {
	t.Helper()
	for end := time.Now().Add(testenv.Patience); time.Now().Before(end); {
		carol := one.Person(t, unique("carol"))
		conversation := pair(t, carol, one.NewPerson(t, unique("bob")))
		for range 3 {
			carol.Sends(conversation, "ici")
		}
		if other.Person(t, carol.ID).Sends(conversation, "là").GetStatus() == chatv1.SendAck_error {
			return
		}
	}
	t.Error("Valkey is back, and each process counts by itself")
}
