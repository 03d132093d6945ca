package testenv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
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
	a.JSON(t)
	return a.reason()
}

func (a Answer) reason() string {
	for _, d := range a.problem().Details {
		if d.Reason != "" {
			return d.Reason
		}
	}
	return ""
}

// Field is the first field that the error finds at fault, empty when it finds none.
func (a Answer) Field() string {
	for _, d := range a.problem().Details {
		for _, violation := range d.FieldViolations {
			return violation.Field
		}
	}
	return ""
}

// problem is what an error has for programs.
type problem struct {
	Details []struct {
		Reason          string
		FieldViolations []struct{ Field string }
	}
}

// problem is empty when the answer is no error.
func (a Answer) problem() (p problem) {
	if a.Status < http.StatusBadRequest || json.Unmarshal(a.Body, &p) != nil {
		return problem{}
	}
	return p
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

// Uploads uploads a file.
func (p *Person) Uploads(name, content string) *chatv1.Attachment {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(file, content)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		p.t.Fatal(err)
	}
	header := http.Header{"Authorization": {"Bearer " + p.Token}, "Content-Type": {form.FormDataContentType()}}
	a := new(chatv1.Attachment)
	p.env.Call(p.t, http.MethodPost, "/api/chat/attachments", body.Bytes(), header).Into(p.t, a)
	return a
}

// Back makes a REST call as App's back end.
func (e *Env) Back(t testing.TB, method, path string, body any) Answer {
	t.Helper()
	return e.Call(t, method, path, body, http.Header{"X-Api-Key": {APIKey}})
}

// Call makes a REST call, and holds the answer against the server's OpenAPI document.
func (e *Env) Call(t testing.TB, method, path string, body any, header http.Header) Answer {
	t.Helper()
	answer := e.ask(t, method, path, body, header)
	if strings.HasPrefix(path, "/api/") {
		if err := e.contract(t).check(method, path, answer); err != nil {
			t.Errorf("%s %s: HTTP %d is not as /openapi.json says: %v\n%s", method, path, answer.Status, err, answer.Body)
		}
	}
	return answer
}

func (e *Env) ask(t testing.TB, method, path string, body any, header http.Header) Answer {
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
