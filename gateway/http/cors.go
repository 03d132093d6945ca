package httpgw

import (
	"net/http"
	"slices"
	"strings"
)

const (
	corsMethods = "GET, HEAD, POST, PUT, DELETE"
	corsHeaders = "Authorization, Content-Type, Accept-Language, Range, If-None-Match, X-Api-Key, X-Palabre-User, X-Request-Id"
	corsExposed = "X-Request-Id, Retry-After, Content-Language, Content-Disposition, Content-Range, ETag"
)

// crossOrigin lets the web pages of allowed origins call from a browser. Credentials are headers that the page sets
// itself, never cookies, so Access-Control-Allow-Credentials is not needed.
func (g *Gateway) crossOrigin(next http.Handler) http.Handler {
	if len(g.cfg.AllowedOrigins) == 0 {
		return next
	}
	everyone := slices.Contains(g.cfg.AllowedOrigins, "*")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" || !everyone && !slices.Contains(g.cfg.AllowedOrigins, strings.ToLower(origin)) {
			next.ServeHTTP(w, r)
			return
		}
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Expose-Headers", corsExposed)
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		header.Set("Access-Control-Allow-Methods", corsMethods)
		header.Set("Access-Control-Allow-Headers", corsHeaders)
		header.Set("Access-Control-Max-Age", "600") // seconds
		w.WriteHeader(http.StatusNoContent)
	})
}
