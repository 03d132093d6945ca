package broker

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	connections       *prometheus.GaugeVec
	refused           *prometheus.CounterVec
	subscribesRefused prometheus.Counter
	publishesDropped  *prometheus.CounterVec
	publishesDelayed  *prometheus.CounterVec
	deliveriesDropped *prometheus.CounterVec
	cut               *prometheus.CounterVec
	slow              prometheus.Counter
	panics            prometheus.Counter
}

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		connections: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "palabre_broker_connections", Help: "Network connections now, by transport.",
		}, []string{"transport"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_broker_connections_refused_total", Help: "Connections that did not become sessions.",
		}, []string{"reason"}),
		subscribesRefused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_broker_subscriptions_refused_total", Help: "Filters that a client may not subscribe to.",
		}),
		publishesDropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_broker_publishes_dropped_total", Help: "Messages of clients that were not forwarded.",
		}, []string{"reason"}),
		publishesDelayed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_broker_publishes_delayed_total", Help: "Messages of clients that publish too fast, and are read more slowly.",
		}, []string{"reason"}),
		deliveriesDropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_broker_deliveries_dropped_total", Help: "Messages not delivered to one subscriber.",
		}, []string{"reason"}),
		cut: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_broker_connections_cut_total", Help: "Sessions that the broker ended for what the client sent.",
		}, []string{"reason"}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_broker_slow_consumers_total", Help: "Connections closed because the client did not read.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_broker_panics_total", Help: "Panics recovered; each refused what it was about.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.connections, m.refused, m.subscribesRefused, m.publishesDropped, m.publishesDelayed,
		m.deliveriesDropped, m.cut, m.slow, m.panics,
	} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
