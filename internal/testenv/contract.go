package testenv

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the OpenAPI document of a server, which its answers are held against.
type contract struct {
	document map[string]any

	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

// contracts are those of the servers that tests have asked, by URL.
var contracts sync.Map

// contract reads the server's document, once.
func (e *Env) contract(t testing.TB) *contract {
	t.Helper()
	if known, ok := contracts.Load(e.REST); ok {
		return known.(*contract)
	}
	c, err := newContract(e.ask(t, http.MethodGet, "/openapi.json", nil, nil).Body)
	if err != nil {
		t.Fatalf("/openapi.json: %v", err)
	}
	contracts.Store(e.REST, c)
	return c
}

func newContract(text []byte) (*contract, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	document, ok := parsed.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("is no object: %.100s", text)
	}
	closeObjects(document)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.RegisterFormat(&jsonschema.Format{Name: "int64", Validate: isInt64})
	compiler.AssertFormat()
	return &contract{document: document, compiler: compiler}, compiler.AddResource("openapi.json", document)
}

// closeObjects makes properties that a schema does not know an error. The document itself does not say so: clients have
// to bear fields of later versions.
func closeObjects(node any) {
	switch node := node.(type) {
	case map[string]any:
		if _, open := node["additionalProperties"]; node["properties"] != nil && !open {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			closeObjects(child)
		}
	case []any:
		for _, child := range node {
			closeObjects(child)
		}
	}
}

func isInt64(v any) error {
	text, ok := v.(string)
	if !ok {
		return nil
	}
	_, err := strconv.ParseInt(text, 10, 64)
	return err
}

// check says where an answer is not as the document says.
func (c *contract) check(method, path string, answer Answer) error {
	pointer, operation := c.operation(method, path)
	switch {
	case operation == nil && answer.Status < http.StatusBadRequest:
		return fmt.Errorf("the document does not describe the path")
	case operation == nil:
		return c.conforms("#/definitions/rpc.Status", answer.Body)
	}
	status := strconv.Itoa(answer.Status)
	responses, _ := operation["responses"].(map[string]any)
	response, _ := responses[status].(map[string]any)
	pointer += "/responses/" + status
	if ref, ok := response["$ref"].(string); ok {
		shared, _ := c.document["responses"].(map[string]any)
		response, _ = shared[status].(map[string]any)
		pointer = ref
	}
	if response == nil {
		return fmt.Errorf("the document does not know this status: proto/openapi.yaml says which errors a method has")
	}
	if known, isError := response["x-reasons"].([]any); isError && !slices.Contains(known, any(answer.reason())) {
		return fmt.Errorf("the document does not know the reason %q with this status: proto/openapi.yaml says which errors a method has", answer.reason())
	}
	if schema, _ := response["schema"].(map[string]any); schema["type"] == "file" {
		return nil
	}
	return c.conforms(pointer+"/schema", answer.Body)
}

// operation answers what the document says of a method on a path, and where; nil when nothing.
func (c *contract) operation(method, path string) (pointer string, operation map[string]any) {
	path, _, _ = strings.Cut(path, "?")
	paths, _ := c.document["paths"].(map[string]any)
	for template, methods := range paths {
		if !matches(template, path) {
			continue
		}
		method = strings.ToLower(method)
		operation, _ = methods.(map[string]any)[method].(map[string]any)
		return "#/paths/" + strings.ReplaceAll(template, "/", "~1") + "/" + method, operation
	}
	return "", nil
}

// matches says whether a path is one of a template such as /api/chat/messages/{id}.
func matches(template, path string) bool {
	return slices.EqualFunc(strings.Split(template, "/"), strings.Split(path, "/"), func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{")
	})
}

// conforms holds a text against the schema at a place of the document.
func (c *contract) conforms(pointer string, text []byte) error {
	c.mu.Lock()
	schema, err := c.compiler.Compile("openapi.json" + pointer)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
