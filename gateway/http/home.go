package httpgw

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

//go:embed home.html
var homeHTML string

// home is the page at /, for whoever opens the address to see what it is.
type home struct {
	page    *template.Template
	version string
	mqtt    bool
}

func newHome(version string, mqtt bool) (*home, error) {
	page, err := template.New("home").Parse(homeHTML)
	if err != nil {
		return nil, err
	}
	return &home{page, version, mqtt}, nil
}

func (h *home) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept, Accept-Language")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.serveJSON(w)
		return
	}
	var page strings.Builder
	err := h.page.Execute(&page, struct {
		French, MQTT bool
		Version      string
	}{prefersFrench(r.Header.Get("Accept-Language")), h.mqtt, h.version})
	if err != nil {
		h.serveJSON(w)
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusOK)
	w.Write([]byte(page.String()))
}

func (h *home) serveJSON(w http.ResponseWriter) {
	links := map[string]string{"api": "/api/chat", "docs": "/docs", "openapi": "/openapi.json", "health": "/healthz", "ready": "/readyz"}
	if h.mqtt {
		links["mqtt"] = pathMQTT
	}
	data, err := json.Marshal(map[string]any{"name": "Palabre", "version": h.version, "links": links})
	if err != nil {
		data = []byte(`{}`) // a map of strings is always JSON
	}
	writeJSON(w, http.StatusOK, data)
}
