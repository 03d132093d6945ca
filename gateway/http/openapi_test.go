package httpgw_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	httpgw "github.com/palabre/palabre/gateway/http"
)

// contract is the REST interface that clients may rely on: paths and methods are never taken away.
var contract = []string{
	"GET /api/chat/conversations",
	"POST /api/chat/conversations",
	"GET /api/chat/conversations/{}",
	"PUT /api/chat/conversations/{}",
	"DELETE /api/chat/conversations/{}",
	"GET /api/chat/conversations/{}/messages",
	"GET /api/chat/conversations/{}/participants",
	"POST /api/chat/conversations/{}/participants",
	"DELETE /api/chat/conversations/{}/participants/{}",
	"PUT /api/chat/conversations/{}/pin",
	"PUT /api/chat/conversations/{}/reply-permission",
	"POST /api/chat/conversations/{}/transfer",
	"PUT /api/chat/messages/{}",
	"DELETE /api/chat/messages/{}",
	"POST /api/chat/anonymous",
	"POST /api/chat/anonymous/{}/convert",
	"GET /api/chat/announcements",
	"POST /api/chat/announcements",
	"GET /api/chat/announcements/{}/stats",
	"GET /api/chat/audience-targets",
	"GET /api/chat/moderation/rules",
	"PUT /api/chat/moderation/rules",
	"GET /api/chat/moderation/queue",
	"PUT /api/chat/moderation/queue/{}",
	"GET /api/chat/notifications",
	"PUT /api/chat/notifications",
	"PUT /api/chat/directory/users",
	"GET /api/chat/directory/users",
	"POST /api/chat/attachments",
	"GET /api/chat/attachments/{}",
}

// beyondContract is what is served besides; it may grow.
var beyondContract = []string{
	"GET /api/chat/messages/{}",
	"PUT /api/chat/conversations/{}/participants/{}",
	"DELETE /api/chat/directory/users",
	"GET /api/chat/events",
	"GET /api/chat/messages/{}/changes",
	"GET /api/chat/anonymous/{}",
	"GET /api/chat/anonymous/{}/export",
	"DELETE /api/chat/anonymous/{}",
	"GET /api/chat/announcements/{}",
	"GET /api/chat/presence",
	"POST /api/chat/mqtt/credentials",
	"POST /api/chat/attachments/{}/link",
	"PUT /api/chat/moderation/queue",
	"POST /api/chat/moderation/queue/{}/appeal",
	"GET /api/chat/moderation/log",
	"GET /api/chat/moderation/stats",
}

func TestTheDocumentDescribesTheContract(t *testing.T) {
	want := slices.Sorted(slices.Values(append(slices.Clone(contract), beyondContract...)))
	got := described(t, newGateway(t))
	if !slices.Equal(got, want) {
		t.Errorf("the document describes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheDocumentDescribesOnlyWhatIsServed(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Audience, cfg.Chat = nil, nil })
	want := []string{
		"GET /api/chat/moderation/log", "GET /api/chat/moderation/queue",
		"GET /api/chat/moderation/rules", "GET /api/chat/moderation/stats",
		"POST /api/chat/moderation/queue/{}/appeal",
		"PUT /api/chat/moderation/queue", "PUT /api/chat/moderation/queue/{}", "PUT /api/chat/moderation/rules",
	}
	if got := described(t, g); !slices.Equal(got, want) {
		t.Errorf("the document describes %q", got)
	}
}

// described answers what the document describes, with the names of parameters left out.
func described(t *testing.T, g *gateway) []string {
	t.Helper()
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	paths := g.do(t, "GET", "/openapi.json", "").json(t)["paths"].(map[string]any)
	var operations []string
	for path, methods := range paths {
		for method := range methods.(map[string]any) {
			operations = append(operations, strings.ToUpper(method)+" "+parameter.ReplaceAllString(path, "{}"))
		}
	}
	slices.Sort(operations)
	return operations
}

func TestWhatTheDocumentDescribesIsServed(t *testing.T) {
	g := newGateway(t)
	for _, operation := range described(t, g) {
		method, path, _ := strings.Cut(operation, " ")
		body, contentType := "", ""
		if operation == uploading {
			body, contentType = form(t, part{"file", "a.txt", "x"})
		}
		if a := g.do(t, method, strings.ReplaceAll(path, "{}", "x"), body, "Content-Type: "+contentType); a.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d %s", operation, a.StatusCode, a.body)
		}
	}
}

func TestTheDocumentSaysWhatItIsAndHowToAuthenticate(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Version = "1.2.3" })
	doc := g.do(t, "GET", "/openapi.json", "").json(t)
	info := doc["info"].(map[string]any)
	if info["title"] != "Palabre" || info["version"] != "1.2.3" || doc["basePath"] != "/" {
		t.Errorf("info %v, basePath %v", info, doc["basePath"])
	}
	headers := map[string]any{}
	for _, scheme := range doc["securityDefinitions"].(map[string]any) {
		headers[scheme.(map[string]any)["name"].(string)] = true
	}
	if names := slices.Sorted(maps.Keys(headers)); !slices.Equal(names, []string{"Authorization", "X-Api-Key"}) {
		t.Errorf("security schemes %q", names)
	}
}

func TestTheDocumentSpeaksTheWordsOfTheDesign(t *testing.T) {
	g := newGateway(t)
	body := g.do(t, "GET", "/openapi.json", "").body
	for _, word := range []string{`"one_to_one"`, `"admins_only"`, `"replyPermission"`, `"nextPageToken"`} {
		if !strings.Contains(body, word) {
			t.Errorf("no %s", word)
		}
	}
	if containsAny(body, "unspecified", "UNSPECIFIED", "reply_permission\"") {
		t.Error("it has words that are never said")
	}
}

func TestTheDocumentIsSentOnceToWhoKeepsIt(t *testing.T) {
	g := newGateway(t)
	first := g.do(t, "GET", "/openapi.json", "")
	tag := first.Header.Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	if again := g.do(t, "GET", "/openapi.json", "", "If-None-Match: "+tag); again.StatusCode != http.StatusNotModified || again.body != "" {
		t.Errorf("HTTP %d with %d bytes", again.StatusCode, len(again.body))
	}
	if other := newGateway(t, func(cfg *httpgw.Config) { cfg.Version = "2" }).do(t, "GET", "/openapi.json", "", "If-None-Match: "+tag); other.StatusCode != http.StatusOK {
		t.Errorf("another version: HTTP %d", other.StatusCode)
	}
}
