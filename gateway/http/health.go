package httpgw

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// readyTimeout is how long the checks may take.
const readyTimeout = 2 * time.Second

// serveHealthz says that the process runs. It asks nobody: who restarts a process because a database is away makes it
// worse.
func serveHealthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, []byte(`{"status":"ok"}`))
}

// readiness is the answer of /readyz.
type readiness struct {
	Status string            `json:"status"` // ready, not_ready or draining
	Checks map[string]string `json:"checks"` // ok or failed
}

// serveReadyz says whether requests should be sent here.
func (g *Gateway) serveReadyz(w http.ResponseWriter, r *http.Request) {
	answer := readiness{Status: "ready", Checks: map[string]string{}}
	if g.cfg.Ready != nil {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		g.runChecks(ctx, &answer)
	}
	if g.draining.Load() {
		answer.Status = "draining"
	}
	code := http.StatusOK
	if answer.Status != "ready" {
		code = http.StatusServiceUnavailable
	}
	w.Header().Set("Cache-Control", "no-store")
	data, err := json.Marshal(answer)
	if err != nil {
		answerError(w, r, g.cfg.Logger, err)
		return
	}
	writeJSON(w, code, data)
}

func (g *Gateway) runChecks(ctx context.Context, answer *readiness) {
	for _, check := range g.cfg.Ready(ctx) {
		answer.Checks[check.Name] = "ok"
		if check.Err != nil {
			answer.Checks[check.Name] = "failed"
			answer.Status = "not_ready"
			g.cfg.Logger.WarnContext(ctx, "not ready", "check", check.Name, "error", check.Err)
		}
	}
}
