package entstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators see of group commit, and of those who follow what it committed.
type metrics struct {
	waiting  prometheus.Gauge
	refused  prometheus.Counter
	batch    prometheus.Histogram
	took     prometheus.Histogram
	followed *prometheus.CounterVec
}

// newMetrics registers with r, unless it is nil. Of two stores in one process, each counts into the same.
func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_chat_sends_waiting", Help: "Messages waiting for the transaction that stores them.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_chat_sends_overloaded_total", Help: "Messages refused because too many waited.",
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "palabre_chat_batch_messages", Help: "Messages that shared a transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "palabre_chat_batch_seconds", Help: "How long a transaction of messages took.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15),
		}),
		followed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_chat_events_followed_total", Help: "Events given to those who follow the feed, by where they were read: memory or database.",
		}, []string{"from"}),
	}
	if r == nil {
		return m
	}
	m.waiting = registered(r, m.waiting)
	m.refused = registered(r, m.refused)
	m.batch = registered(r, m.batch)
	m.took = registered(r, m.took)
	m.followed = registered(r, m.followed)
	return m
}

func registered[C prometheus.Collector](r prometheus.Registerer, c C) C {
	known := prometheus.AlreadyRegisteredError{}
	switch err := r.Register(c); {
	case errors.As(err, &known):
		return known.ExistingCollector.(C)
	case err != nil:
		panic(fmt.Sprintf("entstore: %v", err)) // A name that is not one.
	default:
		return c
	}
}

// committed counts a batch that began at a time.
func (m *metrics) committed(messages int, began time.Time) {
	m.batch.Observe(float64(messages))
	m.took.Observe(time.Since(began).Seconds())
}
