package bench

import (
	"fmt"
	"testing"
)

// message is what a receiver gets of the nth message when all is well.
func message(n int64) arrival {
	return arrival{seq: n, message: fmt.Sprint("message-", n), event: fmt.Sprint("event-", n)}
}

// acknowledged is a ledger with one receiver, in which messages up to n were.
func acknowledged(n int64) *ledger {
	l := newLedger(1, 0)
	for seq := int64(1); seq <= n; seq++ {
		l.acknowledge(seq, message(seq).message)
	}
	return l
}

func TestWhatArrivesInOrderIsReceived(t *testing.T) {
	l := acknowledged(3 * memory)
	for seq := int64(1); seq <= 3*memory; seq++ {
		if got := l.arrive(0, message(seq)); got != received {
			t.Fatalf("message %d is %v", seq, got)
		}
	}
	if got := l.lost(); got != 0 {
		t.Errorf("%d are lost", got)
	}
}

func TestTheCheckFails(t *testing.T) {
	other := message(2)
	other.message = "message-of-someone-else"
	again := message(2)
	again.event = "event-2-again"
	elsewhere := message(2)
	elsewhere.seq = 4
	for name, c := range map[string]struct {
		arrivals []arrival
		last     verdict
		lost     int64
	}{
		"one in the middle is lost":         {[]arrival{message(1), message(3)}, received, 1},
		"the first and the last are lost":   {[]arrival{message(2)}, received, 2},
		"all are lost":                      {nil, received, 3},
		"one comes after a later one":       {[]arrival{message(1), message(3), message(2)}, outOfOrder, 0},
		"one event comes twice":             {[]arrival{message(1), message(2), message(3), message(2)}, repeated, 0},
		"one message comes as two events":   {[]arrival{message(1), message(2), message(3), again}, doubled, 0},
		"two messages have one seq":         {[]arrival{message(1), other}, doubled, 1},
		"one message has two seqs":          {[]arrival{message(1), message(2), message(3), elsewhere}, doubled, 0},
		"one that was lost does not excuse": {[]arrival{message(3), message(1), message(1)}, repeated, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, last := acknowledged(3), received
			for _, a := range c.arrivals {
				last = l.arrive(0, a)
			}
			if last != c.last || l.lost() != c.lost {
				t.Errorf("the last is %v with %d lost, want %v with %d", last, l.lost(), c.last, c.lost)
			}
		})
	}
}

func TestAnAnswerThatIsGivenTwiceIsDoubled(t *testing.T) {
	l := acknowledged(3)
	if got := l.acknowledge(3, message(3).message); got != doubled {
		t.Errorf("the same answer to two sends is %v", got)
	}
	if got := l.acknowledge(2, message(9).message); got != doubled {
		t.Errorf("one seq answered to two messages is %v", got)
	}
}

func TestReceiversAreCheckedEachForThemselves(t *testing.T) {
	l := newLedger(2, 10) // the conversation had ten messages before
	l.acknowledge(11, message(11).message)
	l.arrive(0, message(11))
	if got := l.lost(); got != 1 {
		t.Errorf("%d are lost, want the second receiver's", got)
	}
}

func TestAReceiverFarBehindIsNotTakenForWrong(t *testing.T) {
	l := acknowledged(10 * memory)
	for seq := int64(1); seq <= 10*memory; seq++ {
		if got := l.arrive(0, message(seq)); got != received {
			t.Fatalf("message %d is %v", seq, got)
		}
		if got := l.arrive(0, message(seq)); got != repeated {
			t.Fatalf("message %d again is %v", seq, got)
		}
	}
}

func TestEveryoneHasAMessageWhenTheLastReceiverDoes(t *testing.T) {
	l := newLedger(2, 0)
	l.arrive(0, message(1)) // before it is acknowledged
	l.acknowledge(1, message(1).message)
	everyone := l.everyone(1)
	l.arrive(0, message(1))
	select {
	case <-everyone:
		t.Fatal("one receiver twice is taken for everyone")
	default:
	}
	l.arrive(1, message(1))
	<-everyone
	<-l.everyone(1) // as well when it is over already
}
