package mqtttest_test

import (
	"flag"
	"testing"
	"time"

	"github.com/palabre/palabre/gateway/mqtt/mqtttest"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

var (
	messages = flag.Int("torture", 0, "how many messages the long torture sends; it is not run without")
	write    = flag.String("write", "", "the document to write what came of the long torture into")
)

// tortured is how many people there are in a torture.
const tortured = 40

// A short one, in which everything is broken at least once; `make torture` runs the long one.
func TestNothingIsLostWhileEverythingIsBroken(t *testing.T) {
	plan := mqtttest.Plan{Messages: 1_600, People: tortured, Pause: 250 * time.Millisecond, Every: 1500 * time.Millisecond, Limit: 3 * time.Minute}
	for _, setup := range setups {
		t.Run(setup.name, func(t *testing.T) {
			t.Parallel()
			s := setup.new(t, servers.Postgres(t))
			tally := mqtttest.Torture(t, s, plan)
			t.Logf("%+v", tally)
			tally.Check(t, s, plan)
		})
	}
}

func TestTorture(t *testing.T) {
	if *messages == 0 {
		t.Skip("it takes minutes: make torture")
	}
	plan := mqtttest.Plan{Messages: *messages, People: tortured, Every: 2 * time.Second, Limit: 15 * time.Minute}
	report := newReport()
	for _, setup := range setups {
		t.Run(setup.name, func(t *testing.T) {
			s := setup.new(t, servers.Postgres(t))
			tally := mqtttest.Torture(t, s, plan)
			tally.Check(t, s, plan)
			report.add(s, tally)
		})
	}
	t.Log("\n" + report.markdown())
	if *write != "" {
		testenv.WriteReport(t, *write, "make torture", report.markdown())
	}
}
