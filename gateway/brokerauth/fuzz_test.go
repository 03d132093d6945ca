package brokerauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzHandler: whatever a broker sends is answered in JSON, never with a server error, and lets nobody connect without a token.
func FuzzHandler(f *testing.F) {
	for _, b := range brokers {
		f.Add("/mqtt/auth", b.connect("alice", "x"), strings.Join(b.headers, "\n"), strings.Join(b.register, ""))
		f.Add("/mqtt/acl", b.publish("alice", "chat/user/bob/send", 1, false), strings.Join(b.headers, "\n"), strings.Join(b.publishHook, ""))
		f.Add("/mqtt/acl", b.subscribe("alice", "chat/conversation/"+elsewhat), strings.Join(b.headers, "\n"), strings.Join(b.subscribeHook, ""))
	}
	f.Add("/mqtt/acl?application=geosector", `{"username":"alice","topic":"chat/user/alice/+","acc":"12"}`, inJSON, "")
	w := start(f)
	f.Fuzz(func(t *testing.T, path, body, contentType, hook string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		if err != nil {
			t.Skip("net/http lets no such request through")
		}
		r.SetBasicAuth("", secret)
		_, contentType, _ = strings.Cut(contentType, ": ")
		_, hook, _ = strings.Cut(hook, ": ")
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Vernemq-Hook", hook)
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		if !json.Valid(rec.Body.Bytes()) {
			t.Fatalf("no JSON: %q", rec.Body)
		}
		if rec.Code >= http.StatusInternalServerError {
			t.Fatalf("HTTP %d for %q", rec.Code, body)
		}
		if r.URL.Path == "/mqtt/auth" && (emqxTakes(rec) == "lets" || verneMQTakes(rec) == "lets") {
			t.Fatalf("somebody connects with %q", body)
		}
	})
}
