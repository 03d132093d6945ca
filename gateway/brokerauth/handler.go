package brokerauth

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
)

// maxBody is the largest question, in bytes: a PUBLISH of the gateway's, a page of sync, where the broker tells its payload.
const maxBody = 512 << 10

// Handler answers /mqtt/auth and /mqtt/acl. Make one with New.
type Handler struct {
	config  Config
	metrics *metrics
	callers *failures // by address
	clients *failures // by address and username
	explain sync.Once // to the operator, why nothing is granted
}

// New makes a Handler. Errors: those of Config.Validate, and of a Registerer that has the metrics already.
func New(c Config) (*Handler, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	m, err := newMetrics(c.Registerer)
	if err != nil {
		return nil, err
	}
	return &Handler{config: c, metrics: m, callers: newFailures(c.Now), clients: newFailures(c.Now)}, nil
}

// ServeHTTP answers one question.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answerStatusOnly(w, http.StatusMethodNotAllowed)
		return
	}
	if status := h.admit(r); status != 0 {
		answerStatusOnly(w, status)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	in, d, unreadable := readRequest(r, body)
	var q question
	v := verdict{outcome: unclear}
	if err == nil && unreadable == nil {
		q, v = h.ask(r, in, d)
	}
	h.metrics.answers.WithLabelValues(d.name(), asked(r), string(v.outcome)).Inc()
	d.answer(w, q, v)
}

// ask reads a question and decides it. Whatever goes wrong is a refusal.
func (h *Handler) ask(r *http.Request, in request, d dialect) (q question, v verdict) {
	q, err := d.read(in)
	if err != nil {
		h.config.Logger.DebugContext(r.Context(), "a broker asks what cannot be answered", "dialect", d.name(), "error", err)
		return q, verdict{outcome: unclear}
	}
	defer h.rescue(r.Context(), &v)
	ctx, cancel := context.WithTimeout(r.Context(), h.config.Timeout)
	defer cancel()
	pinned := r.URL.Query().Get("application")
	if q.connects() {
		return q, h.connect(ctx, q, pinned)
	}
	return q, h.access(ctx, q, pinned)
}

// rescue is deferred. A panic must not become a status that a broker passes over.
func (h *Handler) rescue(ctx context.Context, v *verdict) {
	if p := recover(); p != nil {
		h.config.Logger.LogAttrs(ctx, slog.LevelError, "panic in an answer to a broker",
			slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		*v = verdict{outcome: unknown}
	}
}

func asked(r *http.Request) string {
	if r.URL.Path == pathConnect {
		return "connect"
	}
	return "access"
}

func answerStatusOnly(w http.ResponseWriter, status int) {
	answerJSON(w, status, statusAnswer{Error: http.StatusText(status), Result: "deny"})
}
