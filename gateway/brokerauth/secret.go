package brokerauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// admit answers 0 when a request shows the secret, and otherwise the status to refuse it with. Who shows the right one is
// always let in: it is too long to be guessed at, and a limit on that would let anybody shut out the brokers behind the same
// proxy. Who does not is told so a few times, and then only counted.
func (h *Handler) admit(r *http.Request) int {
	if h.showsSecret(r) {
		return 0
	}
	h.metrics.strangers.Inc()
	if address := h.config.ClientIP(r); !h.callers.note(address) {
		return http.StatusTooManyRequests
	}
	h.config.Logger.WarnContext(r.Context(), "a question without the secret of mqtt_auth", "client", h.config.ClientIP(r))
	return http.StatusUnauthorized
}

// showsSecret looks everywhere where one of the brokers can show it. Every place is looked at, in constant time.
func (h *Handler) showsSecret(r *http.Request) bool {
	_, password, _ := r.BasicAuth()
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	shown := 0
	for _, candidate := range []string{password, bearer, r.URL.Query().Get("secret")} {
		shown |= equal(candidate, h.config.Secret)
	}
	return shown == 1
}

// equal takes as long for any two texts, of whatever lengths.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
