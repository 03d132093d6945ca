package suite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
)

const (
	// maxMedian is the longest median from publish to receive: below Tinode's 2.6 ms and ejabberd's 3.2 on such a machine.
	maxMedian = 2 * time.Millisecond
	// maxOverHops is how much longer the 99th percentile may be than that of two hops and a commit.
	maxOverHops = 1.5
)

// throughTheBroker compares publish to receive, through gateway and store, with what is on the way in any case.
func throughTheBroker(t *testing.T, r *report) {
	palabre := testenv.StartProcess(t, configuration(t, ""))
	for _, perSecond := range []int{50, 100} {
		bare := hopCommitHop(t, perSecond)
		raw50, raw99 := ms(quantile(bare, 0.5)), ms(quantile(bare, 0.99))
		got := load(t, palabre, bench.Config{Over: bench.OverMQTT, Senders: 10, Receivers: 1, Rate: float64(perSecond)}).SendToReceive
		what := fmt.Sprintf("publish → receive over MQTT, SQLite, %d/s, ", perSecond)
		r.add(row{
			what: what + "p50", figure: fmt.Sprintf("%.2f ms", got.P50), ratio: ratio(got.P50, raw50),
			raw:  fmt.Sprintf("two hops and a commit %.2f ms", raw50),
			goal: fmt.Sprintf("≤ %.1f ms", ms(maxMedian)), reached: got.P50 <= ms(maxMedian),
		})
		r.add(row{
			what: what + "p99", figure: fmt.Sprintf("%.2f ms", got.P99), ratio: ratio(got.P99, raw99),
			raw:  fmt.Sprintf("two hops and a commit %.2f ms", raw99),
			goal: fmt.Sprintf("≤ %.1f×", maxOverHops), reached: got.P99 <= maxOverHops*raw99,
			beyond: got.P99 < raw99,
		})
	}
}

// hopCommitHop is how long a publish takes to a gateway that inserts one row into SQLite and then publishes it, until the
// receiver has it. Sorted.
func hopCommitHop(t *testing.T, perSecond int) []time.Duration {
	t.Helper()
	b, insert := startBroker(t), inserter(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "bare.db")))
	arrived := make(chan time.Time, 1)
	var gateway paho.Client
	gateway = b.gateway(func(payload []byte) {
		insert()
		gateway.Publish("chat/user/bob/messages", 1, false, payload)
	})
	b.person("bob", func([]byte) { arrived <- time.Now() }, "chat/user/bob/messages")
	alice, payload := b.person("alice", nil), strings.Repeat("x", 620)
	return onTheirWayFor(perSecond, arrived, func() { alice.Publish("chat/user/alice/send", 1, false, payload) })
}

// onTheirWayFor is how long each of so many messages a second takes to arrive. Sorted.
func onTheirWayFor(perSecond int, arrived <-chan time.Time, send func()) []time.Duration {
	var took []time.Duration
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for range int(duration.Seconds() * float64(perSecond)) {
		<-tick.C
		sent := time.Now()
		send()
		took = append(took, (<-arrived).Sub(sent))
	}
	slices.Sort(took)
	return took
}

// quantile is the value that a share of a sorted list does not exceed.
func quantile(sorted []time.Duration, share float64) time.Duration {
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
