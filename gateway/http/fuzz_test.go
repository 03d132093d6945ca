package httpgw_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzHandler: whatever a caller sends is answered, never with a server error, and in JSON.
func FuzzHandler(f *testing.F) {
	for _, seed := range []struct{ method, path, query, contentType, body string }{
		{"POST", "/api/chat/conversations", "", "application/json", `{"type":"group","participants":[{"userId":"bob"}]}`},
		{"POST", "/api/chat/anonymous", "", "application/json; charset=utf-8", `{"metadata":{"a":[1,{"b":null}]}}`},
		{"PUT", "/api/chat/conversations/c1", "", "", `{"expiryDate":"2026-01-31T08:00:00Z"}`},
		{"PUT", "/api/chat/moderation/rules", "", "application/json", `{"floodLimit":1e400,"spamRules":{"repetitionThreshold":"NaN"}}`},
		{"PUT", "/api/chat/notifications", "", "application/json", `{"ids":["\ud800"]}`},
		{"GET", "/api/chat/conversations/c1/messages", "page=1&limit=50&afterSeq=x", "", ""},
		{"GET", "/api/chat/conversations", "types=group&types[0]=1&a.b=2&%zz", "", ""},
		{"DELETE", "/api/chat/directory/users", "userIds=alice&user_ids=bob", "", ""},
		{"HEAD", "/", "", "", ""},
		{"OPTIONS", "/api/chat//", "", "", ""},
	} {
		f.Add(seed.method, seed.path, seed.query, seed.contentType, seed.body)
	}
	handler := newGateway(f).Handler()
	f.Fuzz(func(t *testing.T, method, path, query, contentType, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
		if err != nil {
			t.Skip("net/http lets no such request through")
		}
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("HTTP %d %s", w.Code, w.Body)
		}
		if w.Header().Get("Content-Type") == "application/json" && w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("not JSON: %s", w.Body)
		}
	})
}
