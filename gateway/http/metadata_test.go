package httpgw_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	httpgw "github.com/palabre/palabre/gateway/http"
)

func TestServicesAreToldWhoCallsAndNothingElseOfTheHeaders(t *testing.T) {
	g := newGateway(t)
	g.do(t, "GET", "/api/chat/conversations", "",
		"Authorization: Bearer abc", "X-Api-Key: key", "X-Palabre-User: alice", "X-Request-Id: req-1", "Accept-Language: fr",
		"X-Palabre-Principal: forged", "Grpc-Metadata-X-Palabre-Principal: forged", "Grpcgateway-Authorization: forged",
		"Grpc-Timeout: 1n", "Cookie: a=b", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: evil.example", "Te: trailers")
	got := g.peer.last(t).metadata
	for key, want := range map[string]string{
		"authorization":   "Bearer abc",
		"x-api-key":       "key",
		"x-palabre-user":  "alice",
		"x-request-id":    "req-1",
		"accept-language": "fr",
		"x-forwarded-for": "127.0.0.1",
	} {
		if values := got.Get(key); !slices.Equal(values, []string{want}) {
			t.Errorf("%s: %q, want %q", key, values, want)
		}
		delete(got, key)
	}
	for _, transport := range []string{":authority", "content-type", "user-agent", "grpc-accept-encoding"} {
		delete(got, transport)
	}
	if len(got) > 0 {
		t.Errorf("beyond that: %v", got)
	}
}

func TestTwoTokensAreBothPassedOnForTheServiceToRefuse(t *testing.T) {
	g := newGateway(t)
	r, err := http.NewRequestWithContext(t.Context(), "GET", g.url+"/api/chat/conversations", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["Authorization"] = []string{"Bearer a", "Bearer b"}
	send(t, r)
	if got := g.peer.last(t).metadata.Get("authorization"); len(got) != 2 {
		t.Errorf("the service got %q", got)
	}
}

func TestCredentialsThatGRPCCannotCarryAreRefused(t *testing.T) {
	g := newGateway(t)
	g.do(t, "GET", "/api/chat/conversations", "", "Authorization: Bearer é").
		wants(t, http.StatusUnauthorized, "CREDENTIALS_INVALID")
	g.do(t, "GET", "/api/chat/conversations", "", "X-Api-Key: é").
		wants(t, http.StatusUnauthorized, "CREDENTIALS_INVALID")
	p := g.do(t, "GET", "/api/chat/conversations", "", "X-Palabre-User: hélène").
		wants(t, http.StatusBadRequest, "INVALID_ARGUMENT")
	if p.Fields["x-palabre-user"] == "" {
		t.Errorf("fields %q", p.Fields)
	}
}

func TestARequestIDIsTheCallersOrANewOne(t *testing.T) {
	g := newGateway(t)
	for given, kept := range map[string]bool{
		"req-1": true, "A.b_9": true, "": false, "a b": false, `a"b`: false, strings.Repeat("a", 65): false, "é": false,
	} {
		a := g.do(t, "GET", "/api/chat/conversations", "", "X-Request-Id: "+given)
		told := a.Header.Get("X-Request-Id")
		if told == "" || (told == given) != kept {
			t.Errorf("%q: answered %q", given, told)
		}
		if got := g.peer.last(t).metadata.Get("x-request-id"); !slices.Equal(got, []string{told}) {
			t.Errorf("%q: the service got %q, the caller %q", given, got, told)
		}
	}
	if a := g.do(t, "GET", "/nowhere", ""); a.Header.Get("X-Request-Id") == "" {
		t.Error("an error has no request id")
	}
}

func TestTheClientsAddressIsWhatOurProxiesSay(t *testing.T) {
	proxies := httpgw.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"198.51.100.7:1", "", "198.51.100.7"},
		{"198.51.100.7:1", "203.0.113.9", "198.51.100.7"}, // who says so is nobody to us
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"10.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1", "1.2.3.4, 203.0.113.9", "203.0.113.9"}, // the first was the client's own invention
		{"10.0.0.1:1", "203.0.113.9,10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:1", "203.0.113.9:4711, 10.0.0.2", "203.0.113.9"},
		{"[fd00::1]:1", "[2001:db8::9]:4711", "2001:db8::9"},
		{"[::ffff:10.0.0.1]:1", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1", "unknown", "10.0.0.1"},
		{"10.0.0.1:1", "203.0.113.9, garbage", "10.0.0.1"},
		{"@", "203.0.113.9", ""}, // a Unix socket
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := proxies.ClientIP(r); got != c.want {
			t.Errorf("from %s for %q: %q, want %q", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestServicesSeeTheWayThroughOurProxies(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) {
		cfg.Proxies = httpgw.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	g.do(t, "GET", "/api/chat/conversations", "", "X-Forwarded-For: 1.2.3.4, 203.0.113.9, 10.0.0.2")
	if got := g.peer.last(t).metadata.Get("x-forwarded-for"); !slices.Equal(got, []string{"203.0.113.9, 10.0.0.2, 127.0.0.1"}) {
		t.Errorf("%q", got)
	}
}
