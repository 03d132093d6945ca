package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// hook is a webhook, whoever posts to it.
type hook struct {
	Endpoint
	applicationID string
	index         string // in its application's list
	// name is that of its lease, and of its consumer of the feed.
	name    string
	url     *url.URL
	signers [][]byte
	agent   string
	client  *http.Client
	timeout time.Duration
	// patience is the longest wait it may ask for.
	patience time.Duration
	log      *slog.Logger
	metrics  hookMetrics

	active atomic.Bool
	// progress is that of the pass under way; nil before the first.
	progress atomic.Pointer[progress]
}

func newHook(c Config, m *metrics, applicationID string, index int, e Endpoint) (*hook, error) {
	u, err := e.parse()
	if err != nil {
		return nil, err
	}
	h := &hook{
		Endpoint: e, applicationID: applicationID, index: strconv.Itoa(index), name: nameOf(applicationID, e.URL), url: u,
		signers: e.keys(), agent: "Palabre", client: newClient(c.Limits), timeout: c.Limits.Timeout, patience: c.Limits.MaxPatience,
		// Its path and query may be as good as a password.
		log: c.Logger.With("application_id", applicationID, "webhook", index, "host", u.Host),
	}
	if c.Version != "" {
		h.agent += "/" + c.Version
	}
	h.metrics = m.of(h)
	return h, nil
}

// nameOf is short enough for leases and consumers, whatever the URL.
func nameOf(applicationID, url string) string {
	sum := sha256.Sum256([]byte(applicationID + "\x00" + url))
	return "to-" + hex.EncodeToString(sum[:12])
}
