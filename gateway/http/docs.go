package httpgw

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS string
)

// docs is the page at /docs: the OpenAPI document for people to read, in English and in French. Each is made when it is
// first asked for, since most processes never are.
type docs struct {
	english, french func() (docsText, error)
	logger          *slog.Logger
}

// docsText is the page in one language.
type docsText struct {
	html []byte
	etag string
}

func newDocs(doc document, version string, logger *slog.Logger) *docs {
	return &docs{
		english: sync.OnceValues(func() (docsText, error) { return renderDocs(doc, version, nil) }),
		french: sync.OnceValues(func() (docsText, error) {
			words, err := frenchWords()
			if err != nil {
				return docsText{}, err
			}
			return renderDocs(doc, version, words)
		}),
		logger: logger,
	}
}

func renderDocs(doc document, version string, words translation) (docsText, error) {
	page, err := template.New("docs").Funcs(template.FuncMap{"t": words.prose}).Parse(docsHTML)
	if err != nil {
		return docsText{}, fmt.Errorf("httpgw: the page /docs: %w", err)
	}
	var html bytes.Buffer
	err = page.Execute(&html, docsPage{
		French:  words != nil,
		Version: version,
		Style:   template.CSS(docsCSS),
		Groups:  groupsOf(doc, words),
		Types:   typesOf(doc, words),
		Errors:  errorsOf(doc, words),
		Topics:  topics,
	})
	if err != nil {
		return docsText{}, fmt.Errorf("httpgw: the page /docs: %w", err)
	}
	return docsText{html.Bytes(), entityTag(html.Bytes())}, nil
}

func (d *docs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	render := d.english
	if wantsFrench(r) {
		render = d.french
	}
	page, err := render()
	if err != nil {
		answerError(w, r, d.logger, err)
		return
	}
	header := w.Header()
	header.Set("Vary", "Accept-Language")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Security-Policy", docsPolicy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("ETag", page.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page.html))
}

// wantsFrench lets the links of the page go before what the browser asks for.
func wantsFrench(r *http.Request) bool {
	switch r.URL.Query().Get("lang") {
	case "fr":
		return true
	case "en":
		return false
	}
	return prefersFrench(r.Header.Get("Accept-Language"))
}

// docsPolicy lets the page use its own style, and nothing else from anywhere.
var docsPolicy = func() string {
	hash := sha256.Sum256([]byte(docsCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}()
