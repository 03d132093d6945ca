package broker_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/broker"
)

// heard collects what OnConnection is told.
type heard struct {
	mu   sync.Mutex
	list []string
}

func (h *heard) hear(application, subject, clientID string, connected bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, fmt.Sprint(application, " ", subject, " ", clientID, " ", connected))
}

func (h *heard) awaits(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("heard is %q", want), func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.Equal(h.list, want)
	})
}

func TestConnectionsAreToldOfInOrderAndTheGatewaysIsNot(t *testing.T) {
	h := new(heard)
	w := start(t, func(c *broker.Config) { c.OnConnection = h.hear })
	first := w.connected(v5, "alice", named("phone|1"))
	h.awaits(t, "geosector alice phone|1 true")

	w.connected(v5, "alice", named("phone|1"))
	if reason := first.cutOff(); reason != packets.ErrSessionTakenOver.Code {
		t.Errorf("DISCONNECT 0x%02x", reason)
	}
	h.awaits(t, "geosector alice phone|1 true", "geosector alice phone|1 false", "geosector alice phone|1 true")

	bob := w.wire(v311)
	bob.connect("bob", "not the token of bob")
	page := w.connected(v311, "alice", kept, named("page"))
	page.disconnect()
	h.awaits(t, "geosector alice phone|1 true", "geosector alice phone|1 false", "geosector alice phone|1 true",
		"geosector alice page true", "geosector alice page false")
}
