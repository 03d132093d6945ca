package bench

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// meter counts what happens in a run.
type meter struct {
	began time.Time
	// from and to is what is measured, as time of the run.
	from, to time.Duration

	acknowledged, received counter
	sendToAck              histogram
	sendToReceive          histogram
	// deliveries and history are what was found wrong with what receivers got, and with what the server kept.
	deliveries, history tally

	mu     sync.Mutex
	errors map[string]int64
}

// counter counts all, and apart what was while the meter measures.
type counter struct{ all, measured atomic.Int64 }

// tally counts verdicts.
type tally struct{ lost, doubled, outOfOrder, repeated atomic.Int64 }

func (t *tally) count(v verdict) {
	switch v {
	case doubled:
		t.doubled.Add(1)
	case outOfOrder:
		t.outOfOrder.Add(1)
	case repeated:
		t.repeated.Add(1)
	}
}

func (m *meter) clock() time.Duration { return time.Since(m.began) }

func (m *meter) measures(at time.Duration) bool { return at >= m.from && at < m.to }

// count counts what happens now, to a message that was sent at a time of the run.
func (m *meter) count(c *counter, latency *histogram, sentAt time.Duration) {
	now := m.clock()
	c.all.Add(1)
	if m.measures(now) {
		c.measured.Add(1)
	}
	if m.measures(sentAt) {
		latency.record(now - sentAt)
	}
}

// failed counts an error by its reason.
func (m *meter) failed(reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.errors == nil {
		m.errors = map[string]int64{}
	}
	m.errors[reason]++
}

// failures answers how many errors there were, by reason.
func (m *meter) failures() map[string]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.errors)
}
