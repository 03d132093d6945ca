package rpc

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// metrics counts calls and their time. What a good call needs is looked up once for each method: finding a series by its
// labels costs more than counting.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	methods  map[string]methodMetrics
}

type methodMetrics struct {
	ok       prometheus.Counter
	duration prometheus.Observer
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	requests, err := registered(registry, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "palabre_rpc_requests_total",
		Help: "Calls handled, by method and gRPC status code.",
	}, []string{"method", "code"}))
	if err != nil {
		return nil, err
	}
	duration, err := registered(registry, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "palabre_rpc_duration_seconds",
		Help:    "Time from a unary call's arrival to its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"method"}))
	if err != nil {
		return nil, err
	}
	return &metrics{requests, duration, map[string]methodMetrics{}}, nil
}

// registered answers the collector, or the one that another Server registered before.
func registered[C prometheus.Collector](registry prometheus.Registerer, collector C) (C, error) {
	err := registry.Register(collector)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing, nil
		}
	}
	if err != nil {
		return collector, fmt.Errorf("metrics: %w", err)
	}
	return collector, nil
}

// prepare looks up the series of a service.
func (m *metrics) prepare(desc *grpc.ServiceDesc) {
	for _, method := range methodsOf(desc) {
		m.methods[method] = methodMetrics{
			ok:       m.requests.WithLabelValues(method, codes.OK.String()),
			duration: m.duration.WithLabelValues(method),
		}
	}
}

// record counts a call. How long a stream lasted says nothing about the server.
func (m *metrics) record(method string, code codes.Code, took time.Duration, stream bool) {
	series, known := m.methods[method]
	if !known {
		return // Nobody's label: it would come from a caller.
	}
	if code == codes.OK {
		series.ok.Inc()
	} else {
		m.requests.WithLabelValues(method, code.String()).Inc()
	}
	if !stream {
		series.duration.Observe(took.Seconds())
	}
}

// methodsOf answers the full methods of a service.
func methodsOf(desc *grpc.ServiceDesc) []string {
	var methods []string
	for _, m := range desc.Methods {
		methods = append(methods, "/"+desc.ServiceName+"/"+m.MethodName)
	}
	for _, s := range desc.Streams {
		methods = append(methods, "/"+desc.ServiceName+"/"+s.StreamName)
	}
	return methods
}
