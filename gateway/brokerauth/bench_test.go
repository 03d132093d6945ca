package brokerauth_test

import (
	"log/slog"
	"testing"

	"github.com/palabre/palabre/gateway/brokerauth"
)

// What a question costs, HTTP left out.
func BenchmarkAnswer(b *testing.B) {
	w := start(b, func(c *brokerauth.Config) { c.Logger = slog.New(slog.DiscardHandler) })
	alice := token(b, "geosector", "alice", "1")
	for name, ask := range map[string]func(){
		"connect":   func() { w.post("/mqtt/auth", goAuth("alice", alice), inJSON) },
		"publish":   func() { w.post("/mqtt/acl", goAuthAsks("alice", "chat/user/alice/send", 2), inJSON) },
		"subscribe": func() { w.post("/mqtt/acl", goAuthAsks("alice", "chat/conversation/"+group, 4), inJSON) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ask()
			}
		})
	}
}
