package httpgw_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	httpgw "github.com/palabre/palabre/gateway/http"
)

func TestTheDocumentationSpeaksTheReadersLanguage(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Version = "1.2.3" })
	for _, c := range []struct{ path, accepted, language, text string }{
		{"/docs", "fr-FR,fr;q=0.9,en;q=0.8", "fr", "Ouvrir une conversation"},
		{"/docs", "en", "en", "Start a conversation"},
		{"/docs", "de", "en", "Start a conversation"},
		{"/docs", "", "en", "Start a conversation"},
		{"/docs?lang=fr", "en", "fr", "Ouvrir une conversation"},
		{"/docs?lang=en", "fr", "en", "Start a conversation"},
	} {
		a := g.do(t, "GET", c.path, "", "Accept-Language: "+c.accepted)
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
			a.Header.Get("Vary") != "Accept-Language" {
			t.Errorf("%s: HTTP %d %v", c.path, a.StatusCode, a.Header)
		}
		for _, part := range []string{`<html lang="` + c.language + `">`, c.text, "1.2.3"} {
			if !strings.Contains(a.body, part) {
				t.Errorf("%s for %q has no %s", c.path, c.accepted, part)
			}
		}
	}
}

// A text that is not translated says that it is English.
func TestTheDocumentationIsWhollyInFrench(t *testing.T) {
	page := newGateway(t).do(t, "GET", "/docs?lang=fr", "").body
	for _, english := range regexp.MustCompile(`<span lang="en">.*?</span>`).FindAllString(page, -1) {
		t.Errorf("gateway/http/docs_fr.json has no French for %s", english)
	}
}

func TestTheDocumentationExplainsTheWholeDocument(t *testing.T) {
	page := newGateway(t).do(t, "GET", "/docs", "").body
	for name, op := range openAPI(t).operations() {
		method, path, _ := strings.Cut(name, " ")
		at := strings.Index(page, `<article id="`+op["operationId"].(string)+`">`)
		if at < 0 {
			t.Errorf("%s is not there", name)
			continue
		}
		article, _, _ := strings.Cut(page[at:], "</article>")
		for _, part := range []string{">" + method + "</span>", "<code>" + path + "</code>", ">" + op["summary"].(string) + "</a>"} {
			if !strings.Contains(article, part) {
				t.Errorf("%s has no %s", name, part)
			}
		}
		parameters, _ := op["parameters"].([]any)
		for _, p := range parameters {
			if p := p.(map[string]any); p["in"] != "body" && !strings.Contains(article, "<code>"+p["name"].(string)+"</code>") {
				t.Errorf("%s has no %s", name, p["name"])
			}
		}
	}
	for _, part := range []string{"LAST_ADMIN", "FLOOD_LIMIT", "chat/user/{userId}/send", "one_to_one"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s", part)
		}
	}
	if containsAny(page, "unspecified", "ZgotmplZ", "%s", "&lt;nil&gt;") {
		t.Error("it has what nobody should read")
	}
}

func TestTheLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	g := newGateway(t)
	page := g.do(t, "GET", "/docs", "").body
	var ids []string
	for _, id := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if slices.Contains(ids, id[1]) {
			t.Errorf("%s is there twice", id[1])
		}
		ids = append(ids, id[1])
	}
	for _, link := range regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if anchor, within := strings.CutPrefix(link[1], "#"); within {
			if !slices.Contains(ids, anchor) {
				t.Errorf("nothing is at #%s", anchor)
			}
		} else if a := g.do(t, "GET", link[1], ""); a.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d", link[1], a.StatusCode)
		}
	}
}

func TestTheDocumentationNeedsNothingFromElsewhere(t *testing.T) {
	a := newGateway(t).do(t, "GET", "/docs", "")
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(a.body)
	if style == nil {
		t.Fatal("no style")
	}
	hash := sha256.Sum256([]byte(style[1]))
	policy := a.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy %q has no %s", policy, part)
		}
	}
	if containsAny(a.body, "<script", "src=", " style=", "@import", "url(") {
		t.Error("it needs what its policy forbids")
	}
	if size := len(a.body); size > 200_000 {
		t.Errorf("%d bytes", size)
	}
}

func TestTheDocumentationIsSentOnceToWhoKeepsIt(t *testing.T) {
	g := newGateway(t)
	tag := g.do(t, "GET", "/docs?lang=en", "").Header.Get("ETag")
	if again := g.do(t, "GET", "/docs?lang=en", "", "If-None-Match: "+tag); again.StatusCode != http.StatusNotModified {
		t.Errorf("again: HTTP %d", again.StatusCode)
	}
	if other := g.do(t, "GET", "/docs?lang=fr", "", "If-None-Match: "+tag); other.StatusCode != http.StatusOK {
		t.Errorf("in another language: HTTP %d", other.StatusCode)
	}
}

func TestTheDocumentationShowsOnlyWhatIsServed(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Audience, cfg.Chat = nil, nil })
	page := g.do(t, "GET", "/docs", "").body
	if !strings.Contains(page, "/api/chat/moderation/rules") || strings.Contains(page, "<code>/api/chat/conversations</code>") {
		t.Error("it shows other paths")
	}
}
