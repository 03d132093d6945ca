package brokerauth

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	answers   *prometheus.CounterVec
	strangers prometheus.Counter
	ambiguous prometheus.Counter
}

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_broker_auth_answers_total", Help: "Questions of brokers, by dialect, what they ask (connect, access) and outcome.",
		}, []string{"dialect", "question", "outcome"}),
		strangers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_broker_auth_strangers_total", Help: "Questions without the secret.",
		}),
		ambiguous: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_broker_auth_ambiguous_total", Help: "Questions that were refused because nothing says of which application the client is.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.answers, m.strangers, m.ambiguous} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("brokerauth: %w", err)
		}
	}
	return m, nil
}
