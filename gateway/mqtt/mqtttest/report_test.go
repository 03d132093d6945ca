package mqtttest_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/palabre/palabre/gateway/mqtt/mqtttest"
	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
)

// report is what came of the long torture, as a table.
type report struct {
	rows []string
	// loadAverage is how busy the machine was with other things.
	loadAverage string
}

func newReport() *report { return &report{loadAverage: testenv.LoadAverage()} }

func (r *report) add(s mqtttest.Setup, y mqtttest.Tally) {
	r.rows = append(r.rows, fmt.Sprintf("| %s | %d | %d | %s | **%d** | **%d** | **%d** | %v | %v | %v | %d | %d | %d | %d |\n",
		s.Name, y.Messages, y.Deliveries, y.Harmed(), y.Lost, y.Doubled, y.Disordered,
		y.Took.Round(time.Second), y.LongestAck.Round(100*time.Millisecond), y.Settled.Round(time.Millisecond),
		y.Devices.Repeats, y.Devices.Known, y.Devices.BySync, y.Devices.ByHistory))
}

func (r *report) markdown() string {
	return fmt.Sprintf("%s; load average %s when it began. Everything on the same machine; the services on PostgreSQL.\n\n",
		bench.ThisMachine(), r.loadAverage) +
		"| broker | messages | deliveries due | broken | lost | doubled | out of order | took | longest wait for an ack | all have all after " +
		"| sent again | came again | healed by `sync` | by the history |\n" +
		"|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n" + strings.Join(r.rows, "")
}
