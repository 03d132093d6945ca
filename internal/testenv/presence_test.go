package testenv_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

func TestPresenceOnTheEmbeddedBroker(t *testing.T) {
	comingAndGoing(t, testenv.Start(t, testenv.Config(t)))
}

func TestPresenceOnMosquitto(t *testing.T) {
	c := testenv.Config(t)
	complete := testenv.WithMosquitto(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	comingAndGoing(t, env)
}

func TestPresenceInSplitProcesses(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	env, _ := testenv.StartSplit(t, c)
	comingAndGoing(t, env)
}

// comingAndGoing is the story of bob, who comes, loses his connection and comes back, as alice hears it.
func comingAndGoing(t *testing.T, env *testenv.Env) {
	alice, bob, carol := env.Person(t, unique("alice")), env.NewPerson(t, unique("bob")), env.Person(t, unique("carol"))
	pair(t, alice, bob)
	if p := presenceOf(t, alice, bob); p.GetStatus() != chatv1.Presence_offline || p.LastSeenAt != nil {
		t.Errorf("before he was ever there, bob is %v", p)
	}

	comes(bob)
	hears(t, alice, bob, chatv1.Presence_online)
	if p := presenceOf(t, alice, bob); p.GetStatus() != chatv1.Presence_online {
		t.Errorf("bob is %v", p)
	}
	if p := presenceOf(t, carol, bob); p != nil {
		t.Errorf("carol, who has nothing to do with bob, is told that he is %v", p)
	}

	bob.IsCutOff()
	comes(bob)
	// Of this nothing is said, and so the next that alice hears is that he went for good.
	bob.IsCutOff()
	hears(t, alice, bob, chatv1.Presence_offline)
	if p := presenceOf(t, alice, bob); p.GetStatus() != chatv1.Presence_offline || time.Since(p.GetLastSeenAt().AsTime()) > time.Minute {
		t.Errorf("bob is %v", p)
	}
	for _, e := range carol.SoFar() {
		t.Errorf("carol hears %v", e)
	}
}

// comes connects as the guide says: with a will, and saying so.
func comes(p *testenv.Person) {
	session := uuid.NewString()
	p.LeavesWill(&chatv1.PresencePayload{Status: chatv1.Presence_offline, SessionId: session})
	p.Connects()
	p.Publishes("chat/user/"+p.ID+"/presence", &chatv1.PresencePayload{Status: chatv1.Presence_online, SessionId: session})
}

// hears waits until one is told of another, and says that it is the first they hear of them.
func hears(t *testing.T, who, of *testenv.Person, want chatv1.Presence_Status) {
	t.Helper()
	for {
		e := who.Receives("presence.changed")
		if e.Cursor != nil || e.GetEventId() == "" {
			t.Errorf("%s hears %v", who.ID, e)
		}
		for _, p := range e.GetPresenceDigest().GetPresences() {
			if p.GetUserId() == of.ID {
				if p.GetStatus() != want {
					t.Errorf("%s hears that %s is %v, want %v", who.ID, of.ID, p, want)
				}
				return
			}
		}
	}
}

// presenceOf is what one is told of another, nil when nothing.
func presenceOf(t *testing.T, who, of *testenv.Person) *chatv1.Presence {
	t.Helper()
	answer := new(chatv1.ListPresenceResponse)
	who.Calls(http.MethodGet, "/api/chat/presence?userIds="+of.ID, nil).Into(t, answer)
	if len(answer.GetPresences()) == 0 {
		return nil
	}
	return answer.GetPresences()[0]
}

func TestPresenceAcrossProcessesOneOfWhichIsKilled(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL, c.Valkey.URL = servers.Postgres(t), servers.Valkey(t).URL
	c.Valkey.Timeout = 2 * time.Second // on a machine that is busy with tests
	one, other := testenv.StartProcess(t, c), testenv.StartProcess(t, withOwnData(t, c))
	alice, bob := one.Env().Person(t, unique("alice")), other.Env().NewPerson(t, unique("bob"))
	pair(t, alice, bob)

	bob.Connects()
	hears(t, alice, bob, chatv1.Presence_online)
	other.Kill()
	// His session was held on for 20 s more, and then he has five to come back.
	for end := time.Now().Add(4 * testenv.Patience); presenceOf(t, alice, bob).GetStatus() == chatv1.Presence_online; {
		if time.Now().After(end) {
			t.Fatal("the killed process's session stays")
		}
		<-time.After(100 * time.Millisecond)
	}
	hears(t, alice, bob, chatv1.Presence_offline)
}

func withOwnData(t *testing.T, c app.Config) app.Config {
	t.Helper()
	c.DataDir = t.TempDir()
	return c
}

func TestPresenceThatIsSwitchedOffIsNotTold(t *testing.T) {
	c := testenv.Config(t)
	geosector := c.Applications[testenv.App]
	geosector.Features.Presence = false
	c.Applications[testenv.App] = geosector
	env := testenv.Start(t, c)
	alice, bob := env.Person(t, unique("alice")), env.NewPerson(t, unique("bob"))
	conversation := pair(t, alice, bob)
	comes(bob)
	if answer := alice.Calls(http.MethodGet, "/api/chat/presence?userIds="+bob.ID, nil); answer.Reason(t) != "FEATURE_DISABLED" {
		t.Errorf("alice is answered %v", answer)
	}
	passed(t, bob.Sends(conversation, "bonjour"))
	alice.Receives("message.created")
}
