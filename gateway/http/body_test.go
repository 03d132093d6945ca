package httpgw_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	httpgw "github.com/palabre/palabre/gateway/http"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

func TestABodyBecomesTheRequest(t *testing.T) {
	g := newGateway(t)
	want := &chatv1.CreateConversationRequest{
		Type: chatv1.Conversation_group, Title: "été",
		Participants: []*chatv1.NewParticipant{{UserId: "bob", Role: chatv1.Participant_admin, CanReply: proto.Bool(false)}},
	}
	for name, body := range map[string]string{
		"lowerCamelCase": `{"type":"group","title":"été","participants":[{"userId":"bob","role":"admin","canReply":false}]}`,
		"snake_case":     `{"type":"group","title":"\u00e9t\u00e9","participants":[{"user_id":"bob","role":"admin","can_reply":false}]}`,
		"null is absent": `{"type":"group","title":"été","replyPermission":null,"participants":[{"userId":"bob","role":"admin","canReply":false}]}`,
	} {
		if a := g.do(t, "POST", "/api/chat/conversations", body); a.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d %s", name, a.StatusCode, a.body)
			continue
		}
		if got := g.peer.last(t).request; !proto.Equal(got, want) {
			t.Errorf("%s: the service got %v", name, got)
		}
	}
}

func TestThePathGoesBeforeTheBody(t *testing.T) {
	g := newGateway(t)
	g.do(t, "PUT", "/api/chat/conversations/c1/pin", `{"id":"c2","isPinned":true}`)
	if got := g.peer.last(t).request.(*chatv1.PinConversationRequest).GetId(); got != "c1" {
		t.Errorf("the id is %q", got)
	}
}

func TestNoBodyIsAnEmptyOne(t *testing.T) {
	g := newGateway(t)
	for _, body := range []string{"", " \n", "{}"} {
		if a := g.do(t, "PUT", "/api/chat/conversations/c1/pin", body); a.StatusCode != http.StatusOK {
			t.Errorf("body %q: HTTP %d %s", body, a.StatusCode, a.body)
		}
	}
}

func TestTheModerationRulesAreTheWholeBody(t *testing.T) {
	g := newGateway(t)
	g.do(t, "PUT", "/api/chat/moderation/rules", `{"moderatorEnabled":true,"badWords":["zut"]}`)
	want := &moderationv1.UpdateRulesRequest{Rules: &moderationv1.Rules{ModeratorEnabled: true, BadWords: []string{"zut"}}}
	if got := g.peer.last(t).request; !proto.Equal(got, want) {
		t.Errorf("the service got %v", got)
	}
	g.do(t, "PUT", "/api/chat/moderation/rules", "")
	if got := g.peer.last(t).request.(*moderationv1.UpdateRulesRequest); got.Rules != nil {
		t.Errorf("without a body the service got %v", got)
	}
}

func TestABadFieldIsNamed(t *testing.T) {
	g := newGateway(t)
	const (
		conversations = "POST /api/chat/conversations"
		anonymous     = "POST /api/chat/anonymous"
	)
	for name, c := range map[string]struct{ route, body, field, description string }{
		"unknown field":           {conversations, `{"titel":"x"}`, "titel", "is not known"},
		"unknown field, nested":   {conversations, `{"participants":[{"userId":"a"},{"user":"b"}]}`, "participants[1].user", "is not known"},
		"wrong type":              {conversations, `{"title":1}`, "title", "must be a string of Unicode characters"},
		"lone surrogate":          {conversations, `{"title":"\ud800"}`, "title", "must be a string of Unicode characters"},
		"wrong type, nested":      {conversations, `{"participants":[{"userId":["a"]}]}`, "participants[0].userId", "must be a string of Unicode characters"},
		"wrong type, as written":  {conversations, `{"participants":[{"user_id":7}]}`, "participants[0].user_id", "must be a string of Unicode characters"},
		"wrong boolean":           {conversations, `{"participants":[{"canReply":"yes"}]}`, "participants[0].canReply", "must be true or false"},
		"wrong word":              {conversations, `{"type":"Group"}`, "type", "must be one of one_to_one, group, anonymous, broadcast, announcement"},
		"not a list":              {conversations, `{"participants":{}}`, "participants", "must be a list"},
		"list with a null":        {conversations, `{"participants":[null]}`, "participants[0]", "must be an object"},
		"list of the wrong thing": {conversations, `{"participants":["bob"]}`, "participants[0]", "must be an object"},
		"list of scalars":         {"PUT /api/chat/notifications", `{"ids":["a",1]}`, "ids[1]", "must be a string of Unicode characters"},
		"given twice":             {conversations, `{"title":"a","title":"b"}`, "title", "is given twice"},
		"given by both names":     {conversations, `{"replyPermission":"all","reply_permission":"all"}`, "reply_permission", "is given twice"},
		"not a time":              {"PUT /api/chat/conversations/c1", `{"expiryDate":"tomorrow"}`, "expiryDate", "must be a time such as 2026-01-31T08:00:00Z"},
		"not an object":           {anonymous, `{"metadata":[]}`, "metadata", "must be an object, and not nested too deep"},
		"nested too deep":         {anonymous, `{"metadata":{"a":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}}`, "metadata", "must be an object, and not nested too deep"},
		"not a whole number":      {"PUT /api/chat/moderation/rules", `{"floodLimit":1.5}`, "floodLimit", "must be a whole number in range"},
		"number out of range":     {"PUT /api/chat/moderation/rules", `{"floodLimit":3000000000}`, "floodLimit", "must be a whole number in range"},
		"two of what excludes":    {"PUT /api/chat/moderation/rules", `{"rules":[{"id":"a","mentions":{},"words":{"entries":["zut"]}}]}`, "rules[0].words", "cannot be given with rules[0].mentions"},
		"not a number":            {"PUT /api/chat/moderation/rules", `{"spamRules":{"repetitionThreshold":"much"}}`, "spamRules.repetitionThreshold", "must be a number"},
	} {
		t.Run(name, func(t *testing.T) {
			method, path, _ := strings.Cut(c.route, " ")
			p := g.do(t, method, path, c.body).wants(t, http.StatusBadRequest, "INVALID_ARGUMENT")
			if got, ok := p.Fields[c.field]; !ok || got != c.description || len(p.Fields) != 1 {
				t.Errorf("fields %q, want %s: %s", p.Fields, c.field, c.description)
			}
			if p.Message != c.field+" "+c.description {
				t.Errorf("message %q", p.Message)
			}
		})
	}
	if g.peer.count() > 0 {
		t.Error("a bad request came to the service")
	}
}

func TestAllBadFieldsAreNamedAtOnceUpToTwenty(t *testing.T) {
	g := newGateway(t)
	p := g.do(t, "POST", "/api/chat/conversations", `{"titel":"x","type":"no","participants":[{"userId":1}]}`).problem(t)
	if len(p.Fields) != 3 {
		t.Errorf("fields %q", p.Fields)
	}
	var body strings.Builder
	for i := range 100 {
		fmt.Fprintf(&body, `,"unknown%d":1`, i)
	}
	p = g.do(t, "POST", "/api/chat/conversations", "{"+body.String()[1:]+"}").problem(t)
	if len(p.Fields) != 20 {
		t.Errorf("%d fields", len(p.Fields))
	}
}

func TestABodyThatIsNoJSONObjectIsMalformed(t *testing.T) {
	g := newGateway(t)
	for body, message := range map[string]string{
		`{"title":`:                "the body is not JSON: line 1, column 9",
		"{\n  \"été\": x}":         "the body is not JSON: line 2, column 10",
		`{"title":"a"} {}`:         "the body is not JSON: line 1, column 15",
		`title=a`:                  "the body is not JSON: line 1, column 2",
		"{\"title\":\"\xff\"}":     "the body is not UTF-8",
		`[]`:                       "the body must be an object",
		`null`:                     "the body must be an object",
		`"group"`:                  "the body must be an object",
		strings.Repeat("[", 20000): "the body is not JSON: line 1, column 10001",
	} {
		p := g.do(t, "POST", "/api/chat/conversations", body).wants(t, http.StatusBadRequest, "MALFORMED_BODY")
		if p.Message != message {
			t.Errorf("%.40q: %q, want %q", body, p.Message, message)
		}
	}
}

func TestABodyOverTheLimitIs413(t *testing.T) {
	g := newGateway(t, func(cfg *httpgw.Config) { cfg.Limits = httpgw.Limits{Body: 100, BulkBody: 200} })
	bodyOf := func(n int) string { return `{"` + strings.Repeat("x", n-6) + `":1}` }
	for _, c := range []struct {
		method, path string
		size, limit  int
	}{
		{"POST", "/api/chat/conversations/c1/participants", 101, 100},
		{"PUT", "/api/chat/directory/users", 201, 200},
		{"PUT", "/api/chat/moderation/rules", 201, 200},
	} {
		p := g.do(t, c.method, c.path, bodyOf(c.size)).wants(t, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE")
		if p.Facts["maxBytes"] != fmt.Sprint(c.limit) {
			t.Errorf("%s: %v", c.path, p.Facts)
		}
		g.do(t, c.method, c.path, bodyOf(c.limit)).wants(t, http.StatusBadRequest, "INVALID_ARGUMENT")
	}
}

func TestABodyWithoutALengthIsLimitedToo(t *testing.T) {
	g := newGateway(t)
	unsized := io.MultiReader(strings.NewReader(`{"userId":"`), strings.NewReader(strings.Repeat("x", 64<<10)))
	r, err := http.NewRequestWithContext(t.Context(), "POST", g.url+"/api/chat/conversations/c1/participants", unsized)
	if err != nil {
		t.Fatal(err)
	}
	send(t, r).wants(t, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE")
}

func TestOnlyJSONInUTF8IsRead(t *testing.T) {
	g := newGateway(t)
	for contentType, ok := range map[string]bool{
		"application/json":                  true,
		"application/json; charset=utf-8":   true,
		`Application/JSON; charset="UTF-8"`: true,
		"":                                  true,
		"application/json; charset=latin1":  false,
		"application/x-www-form-urlencoded": false,
		"application/x-protobuf":            false,
		"text/plain":                        false,
		"multipart/form-data; boundary=x":   false,
		"application/json; charset":         false,
	} {
		a := g.do(t, "POST", "/api/chat/conversations", "{}", "Content-Type: "+contentType)
		if ok && a.StatusCode != http.StatusOK {
			t.Errorf("%q: HTTP %d %s", contentType, a.StatusCode, a.body)
		}
		if !ok {
			a.wants(t, http.StatusUnsupportedMediaType, "MALFORMED_BODY")
		}
	}
	g.do(t, "POST", "/api/chat/conversations", "{}", "Content-Encoding: gzip").
		wants(t, http.StatusUnsupportedMediaType, "MALFORMED_BODY")
}

func TestTheBodyOfAReadIsNotLookedAt(t *testing.T) {
	g := newGateway(t)
	for _, method := range []string{"GET", "DELETE"} {
		if a := g.do(t, method, "/api/chat/conversations/c1", "not JSON", "Content-Type: text/plain"); a.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d %s", method, a.StatusCode, a.body)
		}
	}
}

func TestMetadataOfTheHostProductIsAnyJSON(t *testing.T) {
	g := newGateway(t)
	g.do(t, "POST", "/api/chat/anonymous", `{"metadata":{"page":"/contact","visits":3,"tags":["a",null]}}`)
	want, err := structpb.NewStruct(map[string]any{"page": "/contact", "visits": 3, "tags": []any{"a", nil}})
	if err != nil {
		t.Fatal(err)
	}
	if got := g.peer.last(t).request.(*chatv1.StartAnonymousConversationRequest).GetMetadata(); !proto.Equal(got, want) {
		t.Errorf("the service got %v", got)
	}
}
