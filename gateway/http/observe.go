package httpgw

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/palabre/palabre/internal/rpcerr"
)

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	panics   prometheus.Counter
}

// newMetrics registers with r, unless it is nil. Labels have few values: routes are those of the contract, and methods
// those of HTTP.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "palabre_http_requests_total", Help: "Requests answered, WebSockets not counted.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "palabre_http_request_duration_seconds", Help: "Time from the headers to the answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "palabre_http_requests_in_flight", Help: "Requests being answered now, WebSockets not counted.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "palabre_http_panics_total", Help: "Panics recovered; each answered 500.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight, m.panics} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// observed gives each request its id, and logs and counts its answer. A panic in next becomes a 500.
func (g *Gateway) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ex := newExchange(r)
		r = r.WithContext(withExchange(r.Context(), ex))
		rec := &recorder{ResponseWriter: w}
		rec.Header().Set(headerRequestID, ex.id)
		rec.Header().Set("X-Content-Type-Options", "nosniff")
		g.metrics.inFlight.Inc()
		defer func() {
			g.metrics.inFlight.Dec()
			g.note(r, ex, rec.status, time.Since(start))
		}()
		defer g.recovered(rec, r)
		next.ServeHTTP(rec, r)
	})
}

func (g *Gateway) note(r *http.Request, ex *exchange, status int, took time.Duration) {
	if status == 0 {
		status = http.StatusOK // net/http's answer to a handler that wrote nothing
	}
	g.metrics.requests.WithLabelValues(ex.route, knownMethod(r.Method), strconv.Itoa(status)).Inc()
	g.metrics.duration.WithLabelValues(ex.route).Observe(took.Seconds())
	g.cfg.Logger.LogAttrs(r.Context(), slog.LevelDebug, "http request",
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("route", ex.route),
		slog.Int("status", status), slog.Duration("took", took), slog.String("request_id", ex.id),
		slog.String("client", g.cfg.Proxies.ClientIP(r)))
}

// recovered is deferred. The caller is told where to look, and the log what happened.
func (g *Gateway) recovered(rec *recorder, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // panicked with as it is, and net/http compares it so
		panic(p)
	}
	ex := exchangeOf(r.Context())
	g.metrics.panics.Inc()
	g.cfg.Logger.ErrorContext(r.Context(), "panic in a request",
		"request_id", ex.id, "route", ex.route, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if rec.status != 0 {
		panic(http.ErrAbortHandler) // a half answer must not look like a whole one
	}
	answerError(rec, r, g.cfg.Logger, rpcerr.Internal(ex.id))
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}
