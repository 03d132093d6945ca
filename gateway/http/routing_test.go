package httpgw_test

import (
	"net/http"
	"strings"
	"testing"

	httpgw "github.com/palabre/palabre/gateway/http"
)

func TestEveryPathOfTheContractReachesItsMethod(t *testing.T) {
	const (
		chat       = "/palabre.chat.v1.ChatService/"
		moderation = "/palabre.moderation.v1.ModerationService/"
		audience   = "/palabre.audience.v1.AudienceService/"
	)
	g := newGateway(t)
	for route, rpc := range map[string]string{
		"GET /api/chat/conversations":                       chat + "ListConversations",
		"POST /api/chat/conversations":                      chat + "CreateConversation",
		"GET /api/chat/conversations/c1":                    chat + "GetConversation",
		"PUT /api/chat/conversations/c1":                    chat + "UpdateConversation",
		"DELETE /api/chat/conversations/c1":                 chat + "DeleteConversation",
		"GET /api/chat/conversations/c1/messages":           chat + "ListMessages",
		"GET /api/chat/conversations/c1/participants":       chat + "ListParticipants",
		"POST /api/chat/conversations/c1/participants":      chat + "AddParticipant",
		"PUT /api/chat/conversations/c1/participants/p1":    chat + "UpdateParticipant",
		"DELETE /api/chat/conversations/c1/participants/p1": chat + "RemoveParticipant",
		"PUT /api/chat/conversations/c1/pin":                chat + "PinConversation",
		"PUT /api/chat/conversations/c1/reply-permission":   chat + "SetReplyPermission",
		"POST /api/chat/conversations/c1/transfer":          chat + "TransferConversation",
		"GET /api/chat/messages/m1":                         chat + "GetMessage",
		"PUT /api/chat/messages/m1":                         chat + "UpdateMessage",
		"DELETE /api/chat/messages/m1":                      chat + "DeleteMessage",
		"POST /api/chat/anonymous":                          chat + "StartAnonymousConversation",
		"POST /api/chat/anonymous/a1/convert":               chat + "ConvertAnonymousUser",
		"GET /api/chat/announcements":                       chat + "ListAnnouncements",
		"POST /api/chat/announcements":                      chat + "CreateAnnouncement",
		"GET /api/chat/presence?userIds=a&userIds=b":        chat + "ListPresence",
		"GET /api/chat/notifications":                       chat + "ListNotifications",
		"PUT /api/chat/notifications":                       chat + "MarkNotificationsRead",
		"GET /api/chat/events":                              chat + "ListEvents",
		"GET /api/chat/announcements/c1/stats":              audience + "AnnouncementStats",
		"GET /api/chat/audience-targets":                    audience + "ListAvailableTargets",
		"PUT /api/chat/directory/users":                     audience + "UpsertUsers",
		"GET /api/chat/directory/users":                     audience + "ListUsers",
		"DELETE /api/chat/directory/users?userIds=alice":    audience + "DeleteUsers",
		"GET /api/chat/moderation/rules":                    moderation + "GetRules",
		"PUT /api/chat/moderation/rules":                    moderation + "UpdateRules",
		"GET /api/chat/moderation/queue?status=pending":     moderation + "ListReviewQueue",
		"PUT /api/chat/moderation/queue":                    moderation + "ReviewMessages",
		"PUT /api/chat/moderation/queue/m1":                 moderation + "ReviewMessage",
		"POST /api/chat/moderation/queue/m1/appeal":         moderation + "AppealMessage",
		"GET /api/chat/moderation/log?messageId=m1":         moderation + "ListModerationLog",
	} {
		method, path, _ := strings.Cut(route, " ")
		body := ""
		if method == "POST" || method == "PUT" {
			body = "{}"
		}
		a := g.do(t, method, path, body)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d %s", route, a.StatusCode, a.body)
			continue
		}
		if got := g.peer.last(t).method; got != rpc {
			t.Errorf("%s: %s, want %s", route, got, rpc)
		}
	}
}

func TestUnknownPathsAre404(t *testing.T) {
	g := newGateway(t)
	for _, path := range []string{
		"/nowhere", "/api", "/api/", "/api/chat", "/api/chat/nothing", "/api/chat/conversations/",
		"/api/chat/conversations//messages", "/api/chat/conversations/c1/messages/m1", "//api/chat/conversations",
		"/api/chat/conversations/a%2Fb", "/api/../healthz", "/mqtt", "/mqtt/auth", "/mqtt/acl", "/metrics", "/API/chat/conversations",
	} {
		g.do(t, "GET", path, "").wants(t, http.StatusNotFound, "NOT_FOUND")
	}
	if g.peer.count() > 0 {
		t.Error("one of them came to a service")
	}
}

func TestQuestionsOfBrokersComeToWhoAnswersThem(t *testing.T) {
	g := newGateway(t, func(c *httpgw.Config) {
		c.BrokerAuth = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Asked", r.URL.Path) })
	})
	for _, path := range []string{"/mqtt/auth", "/mqtt/acl"} {
		if a := g.do(t, "POST", path+"?secret=s", "{}"); a.Header.Get("Asked") != path {
			t.Errorf("%s: HTTP %d %s", path, a.StatusCode, a.body)
		}
	}
	g.do(t, "POST", "/mqtt/acl/", "").wants(t, http.StatusNotFound, "NOT_FOUND")
}

func TestAMethodThatAPathDoesNotHaveIs405WithTheOnesItHas(t *testing.T) {
	g := newGateway(t)
	for _, c := range []struct{ method, path, allow string }{
		{"PATCH", "/api/chat/conversations", "GET, HEAD, OPTIONS, POST"},
		{"DELETE", "/api/chat/conversations", "GET, HEAD, OPTIONS, POST"},
		{"POST", "/api/chat/conversations/c1", "DELETE, GET, HEAD, OPTIONS, PUT"},
		{"GET", "/api/chat/anonymous", "OPTIONS, POST"},
		{"HEAD", "/api/chat/anonymous", "OPTIONS, POST"},
		{"BREW", "/api/chat/notifications", "GET, HEAD, OPTIONS, PUT"},
		{"POST", "/healthz", "GET, HEAD, OPTIONS"},
		{"DELETE", "/", "GET, HEAD, OPTIONS"},
	} {
		a := g.do(t, c.method, c.path, "")
		if c.method != "HEAD" {
			a.wants(t, http.StatusMethodNotAllowed, "UNIMPLEMENTED")
		}
		if got := a.Header.Get("Allow"); a.StatusCode != http.StatusMethodNotAllowed || got != c.allow {
			t.Errorf("%s %s: HTTP %d, Allow %q, want %q", c.method, c.path, a.StatusCode, got, c.allow)
		}
	}
}

func TestMessagesAreNotSentOverREST(t *testing.T) {
	g := newGateway(t)
	a := g.do(t, "POST", "/api/chat/conversations/"+conversation+"/messages", `{"content": "bonjour"}`)
	p := a.wants(t, http.StatusMethodNotAllowed, "UNIMPLEMENTED")
	if !strings.Contains(p.Message, "MQTT") || !strings.Contains(p.Message, "SendMessage") {
		t.Errorf("the answer does not say how: %q", p.Message)
	}
}

func TestTheMethodCannotBeSmuggledInAHeader(t *testing.T) {
	g := newGateway(t)
	g.do(t, "POST", "/api/chat/conversations/c1", "", "X-Http-Method-Override: DELETE").
		wants(t, http.StatusMethodNotAllowed, "UNIMPLEMENTED")
	g.do(t, "POST", "/api/chat/notifications", "limit=1", "Content-Type: application/x-www-form-urlencoded").
		wants(t, http.StatusMethodNotAllowed, "UNIMPLEMENTED")
}

func TestOPTIONSTellsTheMethods(t *testing.T) {
	g := newGateway(t)
	a := g.do(t, "OPTIONS", "/api/chat/moderation/rules", "")
	if a.StatusCode != http.StatusNoContent || a.Header.Get("Allow") != "GET, HEAD, OPTIONS, PUT" {
		t.Errorf("HTTP %d, Allow %q", a.StatusCode, a.Header.Get("Allow"))
	}
}

func TestHEADIsGETWithoutTheBody(t *testing.T) {
	g := newGateway(t)
	for _, path := range []string{"/api/chat/conversations", "/", "/healthz", "/readyz", "/openapi.json"} {
		get, head := g.do(t, "GET", path, ""), g.do(t, "HEAD", path, "")
		if head.StatusCode != http.StatusOK || head.body != "" {
			t.Errorf("%s: HTTP %d with %q", path, head.StatusCode, head.body)
		}
		if head.Header.Get("Content-Length") != get.Header.Get("Content-Length") {
			t.Errorf("%s: Content-Length %q, of GET %q", path, head.Header.Get("Content-Length"), get.Header.Get("Content-Length"))
		}
	}
}

func TestThePathsOfAServiceThatIsNotServedAre501(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Audience = nil })
	g.do(t, "GET", "/api/chat/directory/users", "").wants(t, http.StatusNotImplemented, "UNIMPLEMENTED")
	g.do(t, "POST", "/api/chat/directory/users", "{}").wants(t, http.StatusMethodNotAllowed, "UNIMPLEMENTED")
	if a := g.do(t, "GET", "/api/chat/announcements", ""); a.StatusCode != http.StatusOK {
		t.Errorf("a path of another service: HTTP %d", a.StatusCode)
	}
}
