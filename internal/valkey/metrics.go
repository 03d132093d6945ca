package valkey

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	calls *prometheus.CounterVec
	up    prometheus.Gauge
}

// The results of calls.
const (
	resultAnswered = "answered"
	resultFailed   = "failed"
	resultSkipped  = "skipped" // not asked, because it failed a moment ago
)

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_valkey_calls_total", Help: "Questions to Valkey: answered, failed, or skipped while it is away.",
		}, []string{"result"}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_valkey_up", Help: "1 when Valkey answered the last question, 0 when it did not or none was asked.",
		}),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.calls), r.Register(m.up))
}
