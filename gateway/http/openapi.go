package httpgw

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/palabre/palabre/gen"
)

// openAPI is the document at /openapi.json and its entity tag.
type openAPI struct {
	document []byte
	etag     string
}

// newOpenAPI takes out of the generated document what this server does not serve.
func newOpenAPI(services []service, version string) (*openAPI, error) {
	var doc map[string]any
	if err := json.Unmarshal(gen.OpenAPI, &doc); err != nil {
		return nil, fmt.Errorf("httpgw: the OpenAPI document: %w", err)
	}
	paths, _ := doc["paths"].(map[string]any)
	info, _ := doc["info"].(map[string]any)
	if paths == nil || info == nil {
		return nil, fmt.Errorf("httpgw: the OpenAPI document has no paths or no info")
	}
	dropUnserved(paths, servedNames(services))
	doc["basePath"] = "/"
	if version != "" {
		info["version"] = version
	}
	document, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("httpgw: the OpenAPI document: %w", err)
	}
	return &openAPI{document, fmt.Sprintf(`"%x"`, sha256.Sum256(document))}, nil
}

func servedNames(services []service) []string {
	var names []string
	for _, s := range services {
		if s.conn != nil {
			names = append(names, s.name())
		}
	}
	return names
}

// dropUnserved leaves the operations whose tag is one of the names, and the paths that have any.
func dropUnserved(paths map[string]any, served []string) {
	for path, item := range paths {
		operations, _ := item.(map[string]any)
		for method, operation := range operations {
			if !slices.ContainsFunc(tagsOf(operation), func(tag string) bool { return slices.Contains(served, tag) }) {
				delete(operations, method)
			}
		}
		if len(operations) == 0 {
			delete(paths, path)
		}
	}
}

func tagsOf(operation any) []string {
	op, _ := operation.(map[string]any)
	list, _ := op["tags"].([]any)
	var tags []string
	for _, tag := range list {
		if name, ok := tag.(string); ok {
			tags = append(tags, name)
		}
	}
	return tags
}

func (o *openAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-cache") // may be kept, and asked for with its entity tag
	header.Set("ETag", o.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.document))
}
