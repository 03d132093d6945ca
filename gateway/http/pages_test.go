package httpgw_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	httpgw "github.com/palabre/palabre/gateway/http"
)

func TestHealthzSaysThatTheProcessRuns(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) {
		cfg.Ready = func(context.Context) []httpgw.Check {
			return []httpgw.Check{{Name: "database", Err: errors.New("away")}}
		}
	})
	if a := g.do(t, "GET", "/healthz", ""); a.StatusCode != http.StatusOK || a.json(t)["status"] != "ok" {
		t.Errorf("HTTP %d %s", a.StatusCode, a.body)
	}
}

func TestReadyzSaysWhatIsMissingAndNotWhy(t *testing.T) {
	var missing error
	g := newGateway(t, func(cfg *httpgw.Config) {
		cfg.Ready = func(ctx context.Context) []httpgw.Check {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the checks may take forever")
			}
			return []httpgw.Check{{Name: "broker"}, {Name: "database", Err: missing}}
		}
	})
	a := g.do(t, "GET", "/readyz", "")
	if want := `{"status":"ready","checks":{"broker":"ok","database":"ok"}}`; a.StatusCode != http.StatusOK || a.body != want {
		t.Errorf("HTTP %d %s", a.StatusCode, a.body)
	}
	missing = errors.New("postgres://palabre:hunter2@db: no route to host")
	a = g.do(t, "GET", "/readyz", "")
	if want := `{"status":"not_ready","checks":{"broker":"ok","database":"failed"}}`; a.StatusCode != http.StatusServiceUnavailable || a.body != want {
		t.Errorf("HTTP %d %s", a.StatusCode, a.body)
	}
}

func TestReadyzWithoutChecksIsReady(t *testing.T) {
	if a := newGateway(t).do(t, "GET", "/readyz", ""); a.StatusCode != http.StatusOK {
		t.Errorf("HTTP %d %s", a.StatusCode, a.body)
	}
}

func TestMetricsCountRequestsByRouteAndNotByPath(t *testing.T) {
	registry := prometheus.NewRegistry()
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Registerer, cfg.Gatherer = registry, registry })
	g.do(t, "GET", "/api/chat/conversations/c1", "")
	g.do(t, "GET", "/api/chat/conversations/c2", "")
	g.do(t, "GET", "/wp-login.php", "")
	g.do(t, "BREW", "/coffee", "")
	text := g.do(t, "GET", "/metrics", "").body
	for _, line := range []string{
		`palabre_http_requests_total{method="GET",route="/api/chat/conversations/{id}",status="200"} 2`,
		`palabre_http_requests_total{method="GET",route="none",status="404"} 1`,
		`palabre_http_requests_total{method="other",route="none",status="404"} 1`,
		`palabre_http_request_duration_seconds_count{route="/api/chat/conversations/{id}"} 2`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
	if containsAny(text, "c1", "wp-login", "BREW") {
		t.Error("the metrics have what callers make up")
	}
}

func TestTwoGatewaysDoNotShareARegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	newGateway(t, func(cfg *httpgw.Config) { cfg.Registerer = registry })
	if _, err := httpgw.New(httpgw.Config{Registerer: registry}); err == nil {
		t.Error("the second one's metrics are lost in silence")
	}
}

func TestTheFrontPageSaysWhatThisIs(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Version = "1.2.3"; cfg.MQTT = http.NotFoundHandler() })
	for language, want := range map[string][]string{
		"fr": {`lang="fr"`, "ouvrez l’application", `href="/docs"`, "/openapi.json", "/mqtt", "1.2.3"},
		"en": {`lang="en"`, "open the application", `href="/docs"`, "/openapi.json", "/mqtt", "1.2.3"},
	} {
		a := g.do(t, "GET", "/", "", "Accept: text/html,*/*;q=0.8", "Accept-Language: "+language)
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("HTTP %d %s", a.StatusCode, a.Header.Get("Content-Type"))
		}
		for _, part := range want {
			if !strings.Contains(a.body, part) {
				t.Errorf("%s: no %s in\n%s", language, part, a.body)
			}
		}
	}
	a := g.do(t, "GET", "/", "").json(t)
	if links, _ := a["links"].(map[string]any); a["name"] != "Palabre" || links["docs"] != "/docs" {
		t.Errorf("to a program: %v", a)
	}
}

func TestPagesOfAllowedOriginsMayCall(t *testing.T) {
	const ours, others = "https://www.example.org", "https://evil.example"
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.AllowedOrigins = []string{ours} })
	preflight := []string{"Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization"}

	a := g.do(t, "OPTIONS", "/api/chat/notifications", "", append(preflight, "Origin: "+ours)...)
	if a.StatusCode != http.StatusNoContent || a.Header.Get("Access-Control-Allow-Origin") != ours ||
		!strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "PUT") ||
		!strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: HTTP %d %v", a.StatusCode, a.Header)
	}
	a = g.do(t, "GET", "/api/chat/nothing", "", "Origin: "+ours)
	if a.Header.Get("Access-Control-Allow-Origin") != ours || a.Header.Get("Vary") != "Origin" {
		t.Errorf("an error is not readable for the page: %v", a.Header)
	}
	for _, origin := range []string{others, "null", ours + ".evil.example", ""} {
		a := g.do(t, "OPTIONS", "/api/chat/notifications", "", append(preflight, "Origin: "+origin)...)
		if a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Access-Control-Allow-Methods") != "" {
			t.Errorf("%q: %v", origin, a.Header)
		}
	}
	everyone := newGateway(t, func(cfg *httpgw.Config) { cfg.AllowedOrigins = []string{"*"} })
	if a := everyone.do(t, "GET", "/", "", "Origin: "+others); a.Header.Get("Access-Control-Allow-Origin") != others {
		t.Errorf("everyone: %v", a.Header)
	}
}

func TestABadConfigIsNamed(t *testing.T) {
	for field, cfg := range map[string]httpgw.Config{
		"AllowedOrigins[1]": {AllowedOrigins: []string{"https://ok.example", "https://a.example/path"}},
		"AllowedOrigins[0]": {AllowedOrigins: []string{"www.example.org"}},
		"Limits.Body":       {Limits: httpgw.Limits{Body: -1}},
		"Limits.Drain":      {Limits: httpgw.Limits{Drain: -1}},
	} {
		if _, err := httpgw.New(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := httpgw.New(httpgw.Config{}); err != nil {
		t.Errorf("the zero Config: %v", err)
	}
}
