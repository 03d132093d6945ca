package testenv_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
)

// The story on a real broker that asks Palabre over HTTP. Without its plugin's cache, who is removed hears nothing more, as
// with the embedded broker.
func TestScenarioWithMosquittoThatAsks(t *testing.T) {
	c := testenv.Config(t)
	complete, _ := testenv.WithMosquittoGoAuth(t, &c, map[string]string{"auth_opt_cache": "false"})
	env := testenv.Start(t, c)
	complete(env)
	scenario(t, env)
	t.Run("nobody connects under another's name", func(t *testing.T) {
		alice, mallory := env.NewPerson(t, unique("alice")), env.NewPerson(t, unique("mallory"))
		alice.Token = mallory.Token
		if alice.MayConnect() {
			t.Error("mallory connects as alice")
		}
		if mallory.Token = testenv.Token(t, testenv.Other, mallory.ID); mallory.MayConnect() {
			t.Error("a user of another application connects")
		}
		if mallory.Token = "letmein"; mallory.MayConnect() {
			t.Error("mallory connects without a token")
		}
		if mallory.ID, mallory.Token = "anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10", alice.Token; mallory.MayConnect() {
			t.Error("somebody connects as a visitor with a user's token")
		}
	})
	t.Run("nobody listens to what is not theirs", func(t *testing.T) {
		alice := env.Person(t, unique("alice"))
		for _, filter := range []string{
			"#", "chat/#", "chat/user/+/messages", "chat/user/bob/messages", "chat/user/+/send", "resalice/announcement", "$SYS/#",
		} {
			if alice.MayListen(filter) {
				t.Errorf("alice listens to %s", filter)
			}
		}
	})
}

// With the file as it is shipped, somebody who was removed may go on reading a conversation's topic for as long as the plugin
// keeps an answer, and Palabre what it knows of members.
func TestWhoWasRemovedIsCutOffWithinSecondsByMosquittoThatAsks(t *testing.T) {
	c := testenv.Config(t)
	complete, _ := testenv.WithMosquittoGoAuth(t, &c, nil)
	env := testenv.Start(t, c)
	complete(env)
	alice, carol := env.Person(t, unique("alice")), env.Person(t, unique("carol"))
	g := group(t, alice, carol.ID)
	topic := "chat/conversation/" + g.GetId()
	carol.Listens(topic)
	alice.Sends(g.GetId(), "avant")
	carol.ReceivesOn(topic, "message.created")

	list := new(chatv1.ListParticipantsResponse)
	alice.Calls(http.MethodGet, "/api/chat/conversations/"+g.GetId()+"/participants", nil).Into(t, list)
	for _, p := range list.GetParticipants() {
		if p.GetUserId() == carol.ID {
			alice.Calls(http.MethodDelete, "/api/chat/conversations/"+g.GetId()+"/participants/"+p.GetId(), nil)
		}
	}
	carol.Receives("participant.removed")
	removed := time.Now()
	for time.Since(removed) < 10*time.Second {
		sent := alice.Sends(g.GetId(), "après")
		// What comes on alice's own topic has been offered to carol's, too.
		for alice.Receives("message.created").GetMessage().GetId() != sent.GetMessageId() {
		}
		if !receivesStill(carol, sent.GetMessageId()) {
			t.Logf("carol hears nothing any more after %v", time.Since(removed).Round(100*time.Millisecond))
			return
		}
	}
	t.Error("carol goes on reading")
}

// receivesStill says whether a message is among what somebody received within a moment.
func receivesStill(p *testenv.Person, message string) bool {
	<-time.After(200 * time.Millisecond)
	for _, e := range p.SoFar() {
		if e.GetMessage().GetId() == message {
			return true
		}
	}
	return false
}

// While the service that knows is away, everybody is refused, and let in again when it is back.
func TestMosquittoThatAsksRefusesEverybodyWhileThereIsNobodyToAsk(t *testing.T) {
	c := testenv.Config(t)
	complete, broker := testenv.WithMosquittoGoAuth(t, &c, nil)
	nobody := &testenv.Env{MQTT: broker.URL, Password: func(_ testing.TB, _, token string) string { return token }}
	complete(nobody)
	if nobody.NewPerson(t, unique("alice")).MayConnect() {
		t.Fatal("somebody connects with nobody to ask")
	}
	env := testenv.Start(t, c)
	complete(env)
	writing(t, env)
}

// As processes: the broker asks the one with the gateways, which asks the one with the chat service. While that is away, nobody
// subscribes where it would have to be asked.
func TestProcessesWithMosquittoThatAsks(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")
	complete, _ := testenv.WithMosquittoGoAuth(t, &c, map[string]string{"auth_opt_cache": "false"})
	env, processes := testenv.StartSplit(t, c)
	complete(env)
	writing(t, env)
	grouping(t, env)
	typing(t, env)

	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	g := group(t, alice, bob.ID)
	processes[app.RoleChat].Kill()
	if bob.MayListen("chat/conversation/" + g.GetId()) {
		t.Error("bob listens to a group, and nobody knows whether he is in it")
	}
	processes[app.RoleChat].Start()
	env.AwaitReady(t)
	back := env.NewPerson(t, bob.ID)
	back.Connects()
	back.Listens("chat/conversation/" + g.GetId())
}
