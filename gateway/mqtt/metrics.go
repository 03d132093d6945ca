package mqttgw

import (
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	uplinks   *prometheus.CounterVec
	retries   *prometheus.CounterVec
	queued    prometheus.Gauge
	dropped   *prometheus.CounterVec
	events    prometheus.Counter
	published *prometheus.CounterVec
	unacked   prometheus.Gauge
	lag       prometheus.Gauge
	connected prometheus.Gauge
	active    prometheus.Gauge
	accounts  prometheus.Gauge

	accountsMissing prometheus.Gauge
}

// The results of uplinks.
const (
	resultAccepted  = "accepted"
	resultDuplicate = "duplicate"
	resultRefused   = "refused" // by the service, or because the sender is not who they say
	resultPoison    = "poison"  // cannot be read
	resultFailed    = "failed"  // given up
	resultDropped   = "dropped" // without an answer
)

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		uplinks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_mqtt_uplinks_total", Help: "Uplinks settled, by verb and result.",
		}, []string{"verb", "result"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_mqtt_retries_total", Help: "Attempts repeated: of uplinks' calls, the event stream, the connection.",
		}, []string{"of"}),
		queued: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_mqtt_uplinks_queued", Help: "Uplinks waiting or being handled.",
		}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_mqtt_dropped_total", Help: "Uplinks, events and publishes dropped, by reason.",
		}, []string{"reason"}),
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_mqtt_events_total", Help: "Events that the broker has acknowledged in full.",
		}),
		published: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_mqtt_published_total", Help: "Publishes handed to the broker, repeats included, by kind of topic.",
		}, []string{"kind"}),
		unacked: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_mqtt_unacknowledged", Help: "Publishes of events that the broker has not acknowledged.",
		}),
		lag: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_mqtt_stream_lag_seconds", Help: "From the commit of the event last done to the broker's acknowledgement.",
		}),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_mqtt_connected", Help: "Connections to the broker that are subscribed: 1 for each slot of this gateway, otherwise 0.",
		}),
		accounts: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_mqtt_accounts", Help: "Users who have an account at a broker with dynamic security, or will.",
		}),
		accountsMissing: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_mqtt_accounts_missing", Help: "Users whom the broker does not know yet.",
		}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_mqtt_active", Help: "Slots of this gateway at its broker: 1 when it is the active one, 0 while it stands by.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.uplinks, m.retries, m.queued, m.dropped, m.events, m.published, m.unacked, m.lag, m.connected, m.active, m.accounts, m.accountsMissing,
	} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
