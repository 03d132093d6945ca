package httpgw_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestTheDocumentIsOpenAPI(t *testing.T) {
	// The schema of swagger.io, as the module go-openapi/spec carries it.
	rules, err := jsonschema.NewCompiler().Compile("testdata/swagger-2.0.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.Validate(map[string]any(openAPI(t))); err != nil {
		t.Error(err)
	}
}

func TestEveryOperationHasATitleAGroupAndAnExplanation(t *testing.T) {
	doc := openAPI(t)
	var groups []string
	for _, tag := range doc["tags"].([]any) {
		groups = append(groups, tag.(map[string]any)["name"].(string))
	}
	for name, op := range doc.operations() {
		tags, _ := op["tags"].([]any)
		if len(tags) != 1 || !slices.Contains(groups, tags[0].(string)) {
			t.Errorf("%s is in %v, want one of %q: give it one in proto/openapi.yaml", name, tags, groups)
		}
		for _, key := range []string{"summary", "description"} {
			if said, _ := op[key].(string); said == "" {
				t.Errorf("%s has no %s", name, key)
			}
		}
		for key := range op {
			if strings.HasPrefix(key, "x-") {
				t.Errorf("%s still has %s", name, key)
			}
		}
	}
}

func TestTheDocumentSaysWhatRequestsMustBe(t *testing.T) {
	definitions := openAPI(t)["definitions"].(map[string]any)
	for definition, want := range map[string]string{
		"CreateConversationRequest": `{"type":{"enum":["one_to_one","group","broadcast"]},"title":{"maxLength":200},"participants":{"maxItems":1000}}`,
		"NewParticipant":            `{"userId":{"pattern":"^[A-Za-z0-9_:-]{1,64}$"}}`,
		"UpdateMessageBody":         `{"status":{"enum":["delivered","read"]},"content":{"minLength":1,"maxLength":8000}}`,
		"CreateAnnouncementRequest": `{"attachmentIds":{"uniqueItems":true},"targets":{"minItems":1,"maxItems":100}}`,
		"SpamRules":                 `{"repetitionThreshold":{"minimum":0,"exclusiveMinimum":true,"maximum":1}}`,
	} {
		properties := definitions[definition].(map[string]any)["properties"].(map[string]any)
		var rules map[string]map[string]any
		if err := json.Unmarshal([]byte(want), &rules); err != nil {
			t.Fatal(err)
		}
		for field, rule := range rules {
			for key, value := range rule {
				if got := properties[field].(map[string]any)[key]; fmt.Sprint(got) != fmt.Sprint(value) {
					t.Errorf("%s.%s: %s is %v, want %v", definition, field, key, got, value)
				}
			}
		}
	}
	for definition, want := range map[string]string{
		"CreateConversationRequest": "[type]",
		"SetReplyPermissionBody":    "[replyPermission]",
		"CreateAnnouncementRequest": "[title targets]",
		"UpdateMessageBody":         "<nil>",
		"ListEventsResponse":        "[status events cursor more]",
	} {
		if got := fmt.Sprint(definitions[definition].(map[string]any)["required"]); got != want {
			t.Errorf("%s must have %s, want %s", definition, got, want)
		}
	}
}

func TestTheDocumentSaysWhatMayGoWrong(t *testing.T) {
	operations := openAPI(t).operations()
	for name, want := range map[string]string{
		"GET /api/chat/conversations":              "200 400 401 403 429 500 501 503 504 default",
		"POST /api/chat/conversations":             "200 400 401 403 413 415 429 500 501 503 504 default",
		"GET /api/chat/conversations/{id}":         "200 400 401 404 429 500 501 503 504 default",
		"PUT /api/chat/messages/{id}":              "200 400 401 403 404 409 413 415 429 500 501 503 504 default",
		"GET /api/chat/conversations/{id}/nothing": "",
	} {
		responses, _ := operations[name]["responses"].(map[string]any)
		var statuses []string
		for status := range responses {
			statuses = append(statuses, status)
		}
		slices.Sort(statuses)
		if got := strings.Join(statuses, " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	flood := operations["PUT /api/chat/messages/{id}"]["responses"].(map[string]any)["429"].(map[string]any)
	if got := fmt.Sprint(flood["x-reasons"]); got != "[FLOOD_LIMIT RATE_LIMIT]" {
		t.Errorf("editing may be answered 429 for %s", got)
	}
}

// Every parameter and every field of a body that the document describes has the name and the type that the service knows.
func TestWhatTheDocumentDescribesReachesTheService(t *testing.T) {
	g := newGateway(t)
	doc := openAPI(t)
	for name, op := range doc.operations() {
		if name == uploading {
			continue // A form, of which attachments_test.go is about.
		}
		t.Run(name, func(t *testing.T) {
			method, path, _ := strings.Cut(name, " ")
			query, body := url.Values{}, ""
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				p := p.(map[string]any)
				text := strings.Trim(fmt.Sprint(doc.sample(p)), "[]")
				switch p["in"] {
				case "path":
					path = strings.ReplaceAll(path, "{"+p["name"].(string)+"}", text)
				case "query":
					query.Set(p["name"].(string), text)
				case "body":
					body = toJSON(t, doc.sample(p["schema"].(map[string]any)))
				}
			}
			if a := g.do(t, method, path+"?"+query.Encode(), body); a.StatusCode != http.StatusOK {
				t.Fatalf("%s?%s %s: HTTP %d %s", path, query.Encode(), body, a.StatusCode, a.body)
			}
			request := g.peer.last(t).request.ProtoReflect()
			for i := range request.Descriptor().Fields().Len() {
				if field := request.Descriptor().Fields().Get(i); !request.Has(field) {
					t.Errorf("%s did not come to the service", field.FullName())
				}
			}
		})
	}
}

func TestWhatTheDocumentDoesNotDescribeIsRefused(t *testing.T) {
	g := newGateway(t)
	for name := range openAPI(t).operations() {
		method, path, _ := strings.Cut(name, " ")
		p := g.do(t, method, path+"?colour=red", "").wants(t, http.StatusBadRequest, "INVALID_ARGUMENT")
		if p.Fields["colour"] == "" {
			t.Errorf("%s does not say that colour is unknown: %v", name, p)
		}
	}
}

// openAPIDocument is the document as it is served.
type openAPIDocument map[string]any

func openAPI(t *testing.T) openAPIDocument {
	t.Helper()
	return newGateway(t).do(t, "GET", "/openapi.json", "").json(t)
}

func (d openAPIDocument) operations() map[string]map[string]any {
	all := map[string]map[string]any{}
	for path, methods := range d["paths"].(map[string]any) {
		for method, op := range methods.(map[string]any) {
			all[strings.ToUpper(method)+" "+path] = op.(map[string]any)
		}
	}
	return all
}

// sample answers a value that a schema describes.
func (d openAPIDocument) sample(schema map[string]any) any {
	if ref, ok := schema["$ref"].(string); ok {
		definitions := d["definitions"].(map[string]any)
		return d.sample(definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any))
	}
	if words, ok := schema["enum"].([]any); ok {
		return words[0]
	}
	switch schema["type"] {
	case "object":
		object := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		given := map[any]bool{}
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			property := properties[name].(map[string]any)
			if one := property["x-one-of"]; one == nil || !given[one] {
				object[name] = d.sample(property)
				given[one] = true
			}
		}
		return object
	case "array":
		return []any{d.sample(schema["items"].(map[string]any))}
	case "boolean":
		return true
	case "integer", "number":
		return 1
	}
	return map[any]any{"int64": "1", "date-time": "2026-01-31T08:00:00Z", "uuid": conversation, "email": "a@example.org", nil: "x"}[schema["format"]]
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
