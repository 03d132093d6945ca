package mqtttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// Tally is what came of a torture.
type Tally struct {
	// Messages were sent, Deliveries were due to devices.
	Messages, Deliveries int
	// Lost, Doubled and Disordered count messages, in the history and on devices: not there, there twice, or not in their
	// sender's order and that of seq.
	Lost, Doubled, Disordered int
	// Harms counts what was broken.
	Harms map[string]int
	// Took is from the first message to the last ack, Settled from there until every device had everything, LongestAck the
	// longest that a sender waited.
	Took, Settled, LongestAck time.Duration
	// Early counts messages that a device heard before their predecessors.
	Early   int
	Devices DeviceTally
}

// judge counts what is lost, doubled and out of order.
func (r *torture) judge() {
	for _, room := range r.rooms {
		stored := r.setup.history(r.t, room.members[0].user, room.id)
		r.tally.Messages += len(stored)
		r.tally.Lost += max(0, int(room.sent.Load())-len(stored))
		r.judgeHistory(stored)
		for _, d := range room.members {
			r.judgeDevice(d, room.id, stored)
		}
	}
	for _, d := range r.devices {
		r.tally.Early += d.inbox.early
		r.tally.Doubled += d.inbox.doubled
		r.tally.Devices.add(d.tally)
	}
}

// judgeHistory looks for messages that are there twice, and for those that are not in their sender's order.
func (r *torture) judgeHistory(stored []string) {
	seen, last := map[string]bool{}, map[string]string{}
	for _, content := range stored {
		if seen[content] {
			r.tally.Doubled++
		}
		seen[content] = true
		sender, _, _ := strings.Cut(content, "/")
		if content < last[sender] {
			r.tally.Disordered++
		}
		last[sender] = content
	}
}

// judgeDevice compares what a device has of a conversation with what is stored.
func (r *torture) judgeDevice(d *Device, conversation string, stored []string) {
	has := d.inbox.thread(conversation).contents
	r.tally.Deliveries += len(stored)
	r.tally.Lost += max(0, len(stored)-len(has))
	r.tally.Doubled += max(0, len(has)-len(stored))
	for i := range min(len(has), len(stored)) {
		if has[i] != stored[i] {
			r.tally.Disordered++
		}
	}
}

func (t *DeviceTally) add(other DeviceTally) {
	t.Connects += other.Connects
	t.Repeats += other.Repeats
	t.Known += other.Known
	t.BySync += other.BySync
	t.ByHistory += other.ByHistory
}

// Check fails the test unless nothing was lost, doubled or out of order, and everything was broken that there is.
func (y Tally) Check(t *testing.T, s Setup, p Plan) {
	t.Helper()
	if y.Lost != 0 || y.Doubled != 0 || y.Disordered != 0 || y.Messages != p.Messages/p.People*p.People {
		t.Errorf("of %d messages %d were lost, %d doubled, %d out of order", y.Messages, y.Lost, y.Doubled, y.Disordered)
	}
	for _, h := range append(s.Faults.harms(), s.Faults.restart()) {
		if y.Harms[h.name] == 0 || h.name == brokerKilled && y.Harms[h.name] < restarts {
			t.Errorf("%s: only %d times", h.name, y.Harms[h.name])
		}
	}
}

// Harmed says what was broken and how often, for people.
func (y Tally) Harmed() string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(y.Harms)) {
		words = append(words, fmt.Sprintf("%s %d×", name, y.Harms[name]))
	}
	return strings.Join(words, ", ")
}
