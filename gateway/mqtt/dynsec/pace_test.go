package dynsec

import (
	"fmt"
	"testing"
	"time"
)

// fill is how many batches the accounts of some users take at a broker that answers after a time, and the longest answer.
func fill(users int, answers func(commands int) time.Duration) (batches int, longest time.Duration) {
	p := newPace()
	var commands []command
	for i := range users {
		a := Account{Prefix: "chat", Conversations: map[string]struct{}{"a": {}, "b": {}, "c": {}, "d": {}}}
		commands = append(commands, createRole(fmt.Sprint("geosector/", i), a.rules(fmt.Sprint(i))), command{Command: "createClient"})
	}
	for len(commands) > 0 {
		n := p.batch(commands)
		answer := answers(n)
		p.took(n, answer)
		batches, longest, commands = batches+1, max(longest, answer), commands[n:]
	}
	return batches, longest
}

// With 1,000 users a write takes some 40 ms.
const aWrite = 40 * time.Millisecond

func TestABrokerThatWritesOnceForABatchIsFilledInAFewBatches(t *testing.T) {
	batches, _ := fill(1000, func(int) time.Duration { return aWrite })
	if batches > 25 {
		t.Errorf("1,000 users take %d batches", batches)
	}
}

func TestABrokerThatWritesForEachCommandIsNotHeldUp(t *testing.T) {
	batches, longest := fill(1000, func(commands int) time.Duration { return time.Duration(commands) * aWrite })
	if longest > slow || batches < 2000*int(aWrite)/int(slow) {
		t.Errorf("in %d batches others wait up to %v", batches, longest)
	}
	// One whose file is large already is asked for one thing at a time.
	{
		p := newPace()
		for range 5 {
			p.took(p.batch(make([]command, 10)), time.Second)
		}
		if n := p.batch(make([]command, 10)); n != fewest {
			t.Errorf("%d at a time", n)
		}
	}
}

func TestABatchFitsIntoAPacket(t *testing.T) {
	p := pace{most}
	large := command{Command: "modifyRole", ACLs: make([]rule, 3+2*MaxConversations)}
	if n := p.batch([]command{large, large}); n != 1 {
		t.Errorf("%d of the largest roles at once", n)
	}
}
