package httpgw

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// openAPI is the document at /openapi.json and its entity tag.
type openAPI struct {
	document []byte
	etag     string
}

func newOpenAPI(doc document) (*openAPI, error) {
	text, err := json.Marshal(doc.root)
	if err != nil {
		return nil, fmt.Errorf("httpgw: the OpenAPI document: %w", err)
	}
	return &openAPI{text, entityTag(text)}, nil
}

func (o *openAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-cache") // may be kept, and asked for with its entity tag
	header.Set("ETag", o.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.document))
}

// entityTag tells one content from another.
func entityTag(content []byte) string { return fmt.Sprintf(`"%x"`, sha256.Sum256(content)) }
