package testenv_test

import (
	"fmt"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// takenOver is how long it may take until another gateway has done what one left that was killed.
const takenOver = 8 * time.Second

// Of two gateways one is active and killed; the other stood by.
func TestAGatewayIsKilledUnderLoadAndAnotherTakesOver(t *testing.T) {
	killedUnderLoad(t, 1)
}

// The same with two slots: both are active, and the one that is left takes the other's slot too.
func TestOneOfTwoActiveGatewaysIsKilledUnderLoad(t *testing.T) {
	killedUnderLoad(t, 2)
}

// killedUnderLoad is two gateways that share a Mosquitto. One that is active is killed while people write, and nobody repeats
// anything: what the broker had for it, it hands to the other.
func killedUnderLoad(t *testing.T, slots int) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	complete := testenv.WithMosquitto(t, &c)
	c.Broker.Slots = slots
	c.Run = []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat, app.RoleHTTP}
	services := testenv.StartProcess(t, c)
	c.Run = []app.Role{app.RoleMQTT}
	c.Log.Level = "info"
	c.Services = map[app.Role]string{app.RoleChat: services.GRPC}
	active := testenv.StartProcess(t, c)
	other := testenv.StartProcess(t, c) // stands by where there is one slot
	for deadline := time.Now().Add(testenv.Patience); slots > 1 && !other.Logged("has a slot"); {
		if time.Now().After(deadline) {
			t.Fatal("the second gateway is given no slot")
		}
		<-time.After(10 * time.Millisecond)
	}
	env := services.Env()
	complete(env)

	alice, bob := env.Person(t, "alice"), env.NewPerson(t, "bob")
	bob.ConnectsWithSession()
	conversation := pair(t, alice, bob)
	const messages = 400
	var killed time.Time
	for i := range messages {
		text := fmt.Sprint(i)
		alice.Publishes("chat/user/alice/send", &chatv1.SendPayload{ConversationId: conversation, Content: text, ClientMessageId: text})
		if i == messages/3 {
			active.Kill()
			killed = time.Now()
		}
	}
	acknowledged := map[string]bool{}
	for len(acknowledged) < messages {
		ack := alice.Ack()
		if ack.GetStatus() != chatv1.SendAck_sent {
			t.Fatalf("the ack is %v", ack)
		}
		acknowledged[ack.GetClientMessageId()] = true
	}
	took := time.Since(killed)
	t.Logf("all that was sent is acknowledged %v after the kill", took)
	if took > takenOver {
		t.Errorf("it took longer than %v", takenOver)
	}
	received := map[string]bool{}
	for len(received) < messages {
		received[bob.Receives("message.created").GetMessage().GetContent()] = true
	}
	if stored := storedOnce(t, alice, conversation); len(stored) != messages {
		t.Errorf("%d messages are stored, %d were sent", len(stored), messages)
	}
}
