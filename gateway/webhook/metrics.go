package webhook

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What became of events.
const (
	becameDelivered = "delivered"
	becameUnwanted  = "unwanted" // the webhook has not asked for its kind
	becameSkipped   = "skipped"  // given up
	becameGone      = "gone"     // not one but an unknown number, pruned before the webhook took them
)

type metrics struct {
	attempts *prometheus.CounterVec
	events   *prometheus.CounterVec
	waiting  *waiting
}

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	labels := []string{"application", "webhook"}
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_webhook_posts_total", Help: "Posts to webhooks, repeats included: accepted, refused, or unavailable.",
		}, append(labels, "outcome")),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_webhook_events_total",
			Help: "Events that a webhook is done with: delivered, unwanted, skipped, or gone, which is one for however many were pruned before.",
		}, append(labels, "outcome")),
		waiting: &waiting{
			count: prometheus.NewDesc("palabre_webhook_events_waiting",
				"Events read that a webhook has not taken, at most as many as its window.", labels, nil),
			age: prometheus.NewDesc("palabre_webhook_oldest_waiting_seconds",
				"How long ago the oldest event happened that a webhook has not taken; 0 when there is none.", labels, nil),
			active: prometheus.NewDesc("palabre_webhook_active", "1 where this process posts to the webhook, otherwise 0.", labels, nil),
		},
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.attempts, m.events, m.waiting} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// hookMetrics are those of one webhook.
type hookMetrics struct {
	all    *metrics
	labels []string
}

func (m *metrics) of(h *hook) hookMetrics {
	return hookMetrics{m, []string{h.applicationID, h.index}}
}

func (m hookMetrics) posts(o outcome) prometheus.Counter {
	return m.all.attempts.WithLabelValues(m.labels[0], m.labels[1], string(o))
}

func (m hookMetrics) events(became string) prometheus.Counter {
	return m.all.events.WithLabelValues(m.labels[0], m.labels[1], became)
}

// waiting tells of what webhooks have not taken, as it is when it is asked.
type waiting struct {
	hooks              []*hook
	count, age, active *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (w *waiting) Describe(to chan<- *prometheus.Desc) {
	to <- w.count
	to <- w.age
	to <- w.active
}

// Collect implements prometheus.Collector.
func (w *waiting) Collect(to chan<- prometheus.Metric) {
	for _, h := range w.hooks {
		var count, age, active float64
		if h.active.Load() {
			active = 1
			if p := h.progress.Load(); p != nil {
				n, oldest := p.waiting()
				if count = float64(n); n > 0 {
					age = max(0, time.Since(oldest).Seconds())
				}
			}
		}
		gauge := func(d *prometheus.Desc, value float64) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, h.applicationID, h.index)
		}
		gauge(w.count, count)
		gauge(w.age, age)
		gauge(w.active, active)
	}
}
