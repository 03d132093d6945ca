package testenv_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/testenv"
)

func TestScenarioOnNATS(t *testing.T) {
	c := testenv.Config(t)
	_, complete := testenv.WithNATS(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	scenario(t, env)
	t.Run("nobody listens to another", func(t *testing.T) {
		alice, mallory := env.Person(t, unique("alice")), env.Person(t, unique("mallory"))
		for _, topic := range []string{"chat/user/" + alice.ID + "/messages", "chat/user/+/messages", "chat/#", "#", "$SYS/#"} {
			if mallory.MayListen(topic) {
				t.Errorf("mallory may listen to %s", topic)
			}
		}
	})
}

// While people write, the node is killed that the gateway is connected to; it comes back, and then that of one of those who
// listen is killed. Two of three go on each time.
func TestNodesOfNATSAreKilledUnderLoad(t *testing.T) {
	const people, each = 4, 60
	c := testenv.Config(t)
	cluster, complete := testenv.WithNATS(t, &c)
	env := testenv.StartProcess(t, c).Env()
	env.ConversationTopics = false
	complete(env)
	var phones []*testenv.Phone
	var ids []string
	for i := range people {
		p := env.Phone(t, unique(fmt.Sprint("user", i)))
		phones, ids = append(phones, p), append(ids, p.ID)
	}
	together := group(t, phones[0].Person, ids[1:]...).GetId()

	write := func(from, to int) {
		for n := from; n < to; n++ {
			for _, p := range phones {
				p.Writes(together, fmt.Sprint(p.ID, " ", n))
			}
			<-time.After(20 * time.Millisecond)
		}
	}
	settles := func(sent int) {
		t.Helper()
		began := time.Now()
		for _, p := range phones {
			if acks := p.AwaitsAcks(); len(acks) != sent {
				t.Errorf("%s has %d acks, want %d", p.ID, len(acks), sent)
			}
		}
		t.Logf("all that was sent is acknowledged %v after the last", time.Since(began).Round(time.Millisecond))
		for _, p := range phones {
			if got := p.AwaitsMessages(together, people*sent); len(got) != people*sent {
				t.Errorf("%s has %d messages, want %d", p.ID, len(got), people*sent)
			}
		}
		t.Logf("all of it is received after %v", time.Since(began).Round(time.Millisecond))
		if stored := storedOnce(t, phones[0].Person, together); len(stored) != people*sent {
			t.Errorf("%d messages are stored, want %d", len(stored), people*sent)
		}
	}

	write(0, each/4)
	gateway := cluster.NodeOfGateway()
	cluster.Kill(gateway)
	write(each/4, each/2)
	settles(each / 2)
	cluster.Start(gateway)

	write(each/2, 3*each/4)
	cluster.Kill(cluster.NodeOf(phones[1].ClientID()))
	write(3*each/4, each)
	settles(each)
	for _, p := range phones {
		t.Logf("%s synced %d times, and was sent %d events again", p.ID, p.Synced(), p.Repeats())
	}
}
