package bench

import (
	"errors"
	"time"
)

// Result is what a run measured and found.
type Result struct {
	Config  Config  `json:"config"`
	Machine Machine `json:"machine"`
	// Interrupted says that it ended before its time, and that the history was not looked into.
	Interrupted bool `json:"interrupted"`
	// Seconds is how long was measured, without warm-up.
	Seconds float64 `json:"seconds"`

	// Acknowledged is how many sends were answered, or pages read, and Received how many deliveries arrived, warm-up
	// included.
	Acknowledged int64 `json:"acknowledged"`
	Received     int64 `json:"received"`
	// AcknowledgedPerSecond and ReceivedPerSecond are of the time that was measured.
	AcknowledgedPerSecond float64 `json:"acknowledgedPerSecond"`
	ReceivedPerSecond     float64 `json:"receivedPerSecond"`

	SendToAck     Latency `json:"sendToAck"`
	SendToReceive Latency `json:"sendToReceive"`

	// Deliveries is what was wrong with what receivers got and with answers, History with what the server kept.
	Deliveries Faults `json:"deliveries"`
	History    Faults `json:"history"`
	// Errors counts refused calls and broken connections by their reason.
	Errors map[string]int64 `json:"errors"`
}

// Latency is how long something took, in milliseconds.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50Ms"`
	P95   float64 `json:"p95Ms"`
	P99   float64 `json:"p99Ms"`
	Max   float64 `json:"maxMs"`
}

// Faults counts what must not be, all warm-up included; but for Repeated, which is allowed.
type Faults struct {
	// Lost were acknowledged, or come before one that was, and are not there.
	Lost int64 `json:"lost"`
	// Doubled are there twice, or in the place of another.
	Doubled int64 `json:"doubled"`
	// OutOfOrder came after one with a higher seq.
	OutOfOrder int64 `json:"outOfOrder"`
	// Repeated are deliveries of an event that had come before, which clients drop by its eventId.
	Repeated int64 `json:"repeated"`
}

func (f Faults) any() bool { return f.Lost+f.Doubled+f.OutOfOrder > 0 }

// What Err answers.
var (
	ErrFaults  = errors.New("messages were lost, doubled or out of order")
	ErrNothing = errors.New("nothing was acknowledged")
)

// Err is nil when the run found nothing wrong. ErrFaults, ErrNothing.
func (r *Result) Err() error {
	switch {
	case r.Deliveries.any() || r.History.any():
		return ErrFaults
	case r.Acknowledged == 0:
		return ErrNothing
	}
	return nil
}

func (r *run) result(interrupted bool) *Result {
	seconds := max(0, (r.to - r.from).Seconds())
	result := &Result{
		Config: r.Config, Machine: ThisMachine(), Interrupted: interrupted, Seconds: seconds,
		Acknowledged: r.acknowledged.all.Load(), Received: r.received.all.Load(),
		SendToAck: r.sendToAck.latency(), SendToReceive: r.sendToReceive.latency(),
		Deliveries: r.deliveries.faults(), History: r.history.faults(),
		Errors: r.failures(),
	}
	if seconds > 0 {
		result.AcknowledgedPerSecond = float64(r.acknowledged.measured.Load()) / seconds
		result.ReceivedPerSecond = float64(r.received.measured.Load()) / seconds
	}
	return result
}

func (t *tally) faults() Faults {
	return Faults{Lost: t.lost.Load(), Doubled: t.doubled.Load(), OutOfOrder: t.outOfOrder.Load(), Repeated: t.repeated.Load()}
}

func (h *histogram) latency() Latency {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return Latency{
		Count: h.count.Load(),
		P50:   ms(h.quantile(0.5)), P95: ms(h.quantile(0.95)), P99: ms(h.quantile(0.99)), Max: ms(h.maximum()),
	}
}
