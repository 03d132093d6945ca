package httpgw_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestErrorsSpeakFrenchToWhoPrefersIt(t *testing.T) {
	g := newGateway(t)
	g.peer.fails(rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED, "read only"))
	const french, english = "Vous ne pouvez pas écrire dans cette conversation.", "read only"
	for accept, want := range map[string]string{
		"fr":                               french,
		"fr-CH, fr;q=0.9, en;q=0.8, *;q=1": french,
		"de, fr;q=0.5, en;q=0.2":           french,
		"en-GB, fr;q=0.9":                  english,
		"":                                 english,
		"de":                               english,
		"fr;q=banana":                      english,
		strings.Repeat("fr,", 500):         english,
	} {
		a := g.do(t, "GET", "/api/chat/conversations", "", "Accept-Language: "+accept)
		if got := a.problem(t).Message; got != want {
			t.Errorf("Accept-Language %q: %q, want %q", accept, got, want)
		}
		if got := a.Header.Get("Content-Language") == "fr"; got != (want == french) {
			t.Errorf("Accept-Language %q: Content-Language %q", accept, a.Header.Get("Content-Language"))
		}
	}
}

func TestErrorsOfTheGatewayItselfSpeakFrenchToo(t *testing.T) {
	g := newGateway(t)
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/nowhere", "", "Élément introuvable."},
		{"POST", "/api/chat/conversations", "{", "Le contenu de la demande est illisible."},
		{"GET", "/api/chat/conversations?limit=x", "", "La demande n’est pas valide."},
		{"POST", "/api/chat/conversations/" + conversation + "/messages", "{}", "L’envoi des messages se fait par MQTT"},
	} {
		if got := g.do(t, c.method, c.path, c.body, "Accept-Language: fr").problem(t).Message; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.method, c.path, got, c.want)
		}
	}
}

func containsAny(text string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}
