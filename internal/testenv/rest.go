package testenv

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Answer is what the HTTP gateway answers.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON is the body as an object.
func (a Answer) JSON(t testing.TB) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(a.Body, &object); err != nil {
		t.Fatalf("HTTP %d: %v in %s", a.Status, err, a.Body)
	}
	return object
}

// Reason is the error's reason, empty when the body is none.
func (a Answer) Reason(t testing.TB) string {
	t.Helper()
	details, _ := a.JSON(t)["details"].([]any)
	for _, d := range details {
		if reason, ok := d.(map[string]any)["reason"].(string); ok {
			return reason
		}
	}
	return ""
}

// Into decodes the answer to a call that has to succeed.
func (a Answer) Into(t testing.TB, m proto.Message) {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", a.Status, a.Body)
	}
	if err := protojson.Unmarshal(a.Body, m); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
}

// Calls makes a REST call with the person's token.
func (p *Person) Calls(method, path string, body any) Answer {
	p.t.Helper()
	return p.env.Call(p.t, method, path, body, http.Header{"Authorization": {"Bearer " + p.Token}})
}

// Back makes a REST call as App's back end.
func (e *Env) Back(t testing.TB, method, path string, body any) Answer {
	t.Helper()
	return e.Call(t, method, path, body, http.Header{"X-Api-Key": {APIKey}})
}

// Call makes a REST call.
func (e *Env) Call(t testing.TB, method, path string, body any, header http.Header) Answer {
	t.Helper()
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(encode(t, body))
	}
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, e.REST+path, content)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if body != nil && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{answer.StatusCode, answer.Header, text}
}
