package httpgw

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	pathMQTT       = "/mqtt"
	pathBrokerAuth = "/mqtt/auth"
	pathBrokerACL  = "/mqtt/acl"
	pathAPI        = "/api/"
)

// Gateway is the HTTP side of Palabre. Make one with New.
type Gateway struct {
	cfg      Config
	routes   *routeTable
	mux      *runtime.ServeMux
	pages    map[string]http.Handler // by exact path; read only
	metrics  *metrics
	handler  http.Handler
	draining atomic.Bool
}

// New makes a Gateway. Errors: those of Config.Validate, and of a Registerer that has the metrics already.
func New(cfg Config) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("httpgw: %w", err)
	}
	g := &Gateway{cfg: cfg.withDefaults()}
	services := servicesOf(g.cfg)
	var err error
	if g.routes, err = newRouteTable(g.cfg.Limits, services...); err != nil {
		return nil, err
	}
	if g.mux, err = g.newMux(services); err != nil {
		return nil, fmt.Errorf("httpgw: %w", err)
	}
	if g.pages, err = g.newPages(services); err != nil {
		return nil, err
	}
	if g.metrics, err = newMetrics(g.cfg.Registerer); err != nil {
		return nil, fmt.Errorf("httpgw: %w", err)
	}
	g.handler = g.newHandler()
	return g, nil
}

// Handler answers everything that the Gateway serves.
func (g *Gateway) Handler() http.Handler { return g.handler }

// newHandler keeps WebSockets apart: they take over the connection, so nothing may wrap it, and last for hours, so no
// figure of a request fits them.
func (g *Gateway) newHandler() http.Handler {
	requests := g.observed(g.crossOrigin(http.HandlerFunc(g.serve)))
	if g.cfg.MQTT == nil {
		return requests
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == pathMQTT {
			g.cfg.MQTT.ServeHTTP(w, r)
			return
		}
		requests.ServeHTTP(w, r)
	})
}

// serve finds what answers a path. http.ServeMux would redirect paths that are not clean, and answer in plain text.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	if page, ok := g.pages[r.URL.Path]; ok {
		exchangeOf(r.Context()).route = r.URL.Path
		g.servePage(w, r, page)
		return
	}
	if g.cfg.BrokerAuth != nil && (r.URL.Path == pathBrokerAuth || r.URL.Path == pathBrokerACL) {
		exchangeOf(r.Context()).route = r.URL.Path
		g.cfg.BrokerAuth.ServeHTTP(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, pathAPI) {
		g.serveAPI(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	answerError(w, r, g.cfg.Logger, errNoSuchPath())
}

// newPages answers what is read at one path.
func (g *Gateway) newPages(services []service) (map[string]http.Handler, error) {
	doc, err := newDocument(services, g.cfg.Version)
	if err != nil {
		return nil, err
	}
	document, err := newOpenAPI(doc)
	if err != nil {
		return nil, err
	}
	front, err := newHome(g.cfg.Version, g.cfg.MQTT != nil)
	if err != nil {
		return nil, fmt.Errorf("httpgw: %w", err)
	}
	pages := map[string]http.Handler{
		"/":             front,
		"/docs":         newDocs(doc, g.cfg.Version, g.cfg.Logger),
		"/openapi.json": document,
		"/healthz":      http.HandlerFunc(serveHealthz),
		"/readyz":       http.HandlerFunc(g.serveReadyz),
	}
	if g.cfg.Gatherer != nil {
		pages["/metrics"] = promhttp.HandlerFor(g.cfg.Gatherer, promhttp.HandlerOpts{})
	}
	return pages, nil
}

func (g *Gateway) servePage(w http.ResponseWriter, r *http.Request, page http.Handler) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		page.ServeHTTP(w, r)
	case http.MethodOptions:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		answerError(w, r, g.cfg.Logger, errMethod("this path can only be read", ""))
	}
}
