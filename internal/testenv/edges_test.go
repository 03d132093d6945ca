package testenv_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// startEdges runs three edges on PostgreSQL and Valkey.
func startEdges(t *testing.T) (*testenv.Env, []*testenv.Process) {
	t.Helper()
	c := testenv.Config(t)
	c.Database.URL, c.Valkey.URL = servers.Postgres(t), servers.Valkey(t).URL
	c.Valkey.Timeout = 2 * time.Second // on a machine that is busy with tests
	return testenv.StartEdges(t, c, 3)
}

// People who come to one address and land on any of three edges live the same story.
func TestScenarioOnEdges(t *testing.T) {
	env, edges := startEdges(t)
	scenario(t, env)
	t.Run("people on different edges see each other come and go", func(t *testing.T) { comingAndGoing(t, env) })
	t.Run("what came while bob was away he syncs on another edge", func(t *testing.T) { returningElsewhere(t, env, edges) })
	t.Run("two devices of bob on two edges receive the same", func(t *testing.T) { twoDevices(t, env, edges) })
}

func returningElsewhere(t *testing.T, env *testenv.Env, edges []*testenv.Process) {
	alice, here, there := env.Person(t, unique("alice")), env.At(edges[0]), env.At(edges[1])
	bob := here.NewPerson(t, unique("bob"))
	c := pair(t, alice, bob)
	bob.ConnectsWithSession()
	_, cursor := bob.Syncs("")
	bob.Leaves()
	alice.Sends(c, "pendant son absence")
	elsewhere := there.Person(t, bob.ID)
	events, _ := elsewhere.Syncs(cursor)
	if len(events) == 0 || events[0].GetMessage().GetContent() != "pendant son absence" {
		t.Errorf("bob synced %v", events)
	}
}

func twoDevices(t *testing.T, env *testenv.Env, edges []*testenv.Process) {
	alice, id := env.Person(t, unique("alice")), unique("bob")
	phone, tablet := env.At(edges[0]).Person(t, id), env.At(edges[1]).Person(t, id)
	c := pair(t, alice, phone)
	passed(t, alice.Sends(c, "bonjour"))
	if one, other := phone.Receives("message.created"), tablet.Receives("message.created"); one.GetEventId() != other.GetEventId() {
		t.Errorf("the phone received %v, the tablet %v", one, other)
	}
	passed(t, phone.Sends(c, "du téléphone"))
	for tablet.Receives("message.created").GetMessage().GetContent() != "du téléphone" {
	}
}

// One of three edges is killed while everybody writes. Its people come back through the one address, to the others.
func TestAnEdgeIsKilledUnderLoad(t *testing.T) {
	const people, each = 6, 40
	env, edges := startEdges(t)
	// dave was there, and does not come back.
	dave := env.At(edges[0]).Person(t, unique("dave"))
	var phones []*testenv.Phone
	var ids []string
	for i := range people {
		p := env.Phone(t, unique(fmt.Sprint("user", i)))
		phones, ids = append(phones, p), append(ids, p.ID)
	}
	together := group(t, phones[0].Person, append(ids[1:], dave.ID)...).GetId()
	apart := make([]string, people)
	for i := range people { // with the one who is on another edge
		apart[i] = pair(t, phones[i].Person, phones[(i+1)%people].Person)
	}

	var killed time.Time
	for n := range each {
		for i, p := range phones {
			p.Writes(together, fmt.Sprint(p.ID, " to all ", n))
			p.Writes(apart[i], fmt.Sprint(p.ID, " to one ", n))
		}
		if n == each/2 {
			edges[0].Kill()
			killed = time.Now()
		}
		<-time.After(20 * time.Millisecond)
	}
	for _, p := range phones {
		if acks := p.AwaitsAcks(); len(acks) != 2*each {
			t.Errorf("%s has %d acks, want %d", p.ID, len(acks), 2*each)
		}
	}
	t.Logf("all that was sent is acknowledged %v after the kill", time.Since(killed).Round(time.Millisecond))
	for i, p := range phones {
		all := p.AwaitsMessages(together, people*each)
		one := p.AwaitsMessages(apart[i], each)
		if len(all) != people*each || len(one) != each || slices.ContainsFunc(one, func(s string) bool { return s == "" }) {
			t.Errorf("%s has %d of %d messages of the group, and %d of %d", p.ID, len(all), people*each, len(one), each)
		}
		t.Logf("%s synced %d times, and was sent %d events again", p.ID, p.Synced(), p.Repeats())
	}
	t.Logf("all of it is received %v after the kill", time.Since(killed).Round(time.Millisecond))
	if stored := storedOnce(t, phones[0].Person, together); len(stored) != people*each {
		t.Errorf("%d messages of the group are stored, want %d", len(stored), people*each)
	}

	t.Run("those who came back are online, who did not is not", func(t *testing.T) {
		for end := time.Now().Add(4 * testenv.Patience); presenceOf(t, phones[0].Person, dave).GetStatus() == chatv1.Presence_online; {
			if time.Now().After(end) {
				t.Fatal("dave stays online")
			}
			<-time.After(100 * time.Millisecond)
		}
		for _, p := range phones[1:] {
			if status := presenceOf(t, phones[0].Person, p.Person).GetStatus(); status != chatv1.Presence_online {
				t.Errorf("%s is %v", p.ID, status)
			}
		}
	})

	t.Run("the edge comes back, and is one of them again", func(t *testing.T) {
		edges[0].Start()
		alice, bob := env.At(edges[0]).Person(t, unique("alice")), env.At(edges[1]).Person(t, unique("bob"))
		c := pair(t, alice, bob)
		passed(t, alice.Sends(c, "bonjour"))
		passed(t, bob.Sends(c, "bonjour à toi"))
		for alice.Receives("message.created").GetMessage().GetContent() != "bonjour à toi" {
		}
		bob.Receives("message.created")
	})
}
