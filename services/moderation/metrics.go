package moderation

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are about external checks, by application.
type metrics struct {
	checks *prometheus.CounterVec
	open   *prometheus.GaugeVec
}

// What becomes of a content that an external check is to look at.
const (
	resultAnswered = "answered"
	resultFailed   = "failed"
	resultSkipped  = "skipped" // not asked, because it failed again and again a moment ago
)

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_moderation_external_checks_total",
			Help: "Contents for external checks: answered, failed, or skipped while the classifier is away.",
		}, []string{"application", "result"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "palabre_moderation_external_check_open",
			Help: "1 while contents are kept from a classifier that is away, 0 while it is asked.",
		}, []string{"application"}),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.checks), r.Register(m.open))
}
