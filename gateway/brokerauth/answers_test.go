package brokerauth_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/auth"
)

// wants fails the test unless an answer is this JSON.
func wants(t *testing.T, rec *httptest.ResponseRecorder, want string) {
	t.Helper()
	var got, expected any
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatalf("no JSON: %q", rec.Body)
	}
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatal(err)
	}
	if text(t, got) != text(t, expected) {
		t.Errorf("answered %s\nwant %s", rec.Body, want)
	}
}

func text(t *testing.T, value any) string {
	t.Helper()
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestEMQXIsToldWhatItNeedsToKnowOfAClient(t *testing.T) {
	w := start(t)
	end := time.Now().Add(20 * time.Minute).Truncate(time.Second)
	signed, err := auth.SignToken(shop, auth.Claims{UserID: "alice", ApplicationID: "geosector", Role: "2", ExpiresAt: end})
	if err != nil {
		t.Fatal(err)
	}
	rec := w.post("/mqtt/auth", object("username", "alice", "password", signed, "peerhost", ""), inJSON)
	rule := func(topic string) string {
		return `{"permission":"allow","action":"publish","topic":"eq ` + topic + `","qos":[0,1],"retain":false}`
	}
	wants(t, rec, `{"result":"allow","is_superuser":false,"expire_at":`+text(t, end.Unix())+`,
		"client_attrs":{"application":"geosector","moderator":"true"},"acl":[`+strings.Join([]string{
		rule("chat/user/alice/send"), rule("chat/user/alice/receipts"), rule("chat/user/alice/sync"),
		rule("chat/user/alice/typing"), rule("chat/user/alice/presence"), rule("chat/message/send"),
	}, ",")+`]}`)
}

func TestEMQXDoesNotAskForWhatTheGatewayPublishes(t *testing.T) {
	w := start(t, twoApplications)
	rec := w.post("/mqtt/auth", object("username", gatewayUser, "password", gatewayPassword, "peerhost", "192.0.2.1"), inJSON)
	wants(t, rec, `{"result":"allow","is_superuser":false,"acl":[
		{"permission":"allow","action":"publish","topic":"chat/#"},{"permission":"allow","action":"publish","topic":"resalice/#"}]}`)
}

func TestAModeratorWhomEMQXRemembersReadsVerdicts(t *testing.T) {
	w := start(t)
	for moderator, want := range map[string]string{"true": "lets", "false": "denies", "undefined": "denies"} {
		body := object("username", "root", "topic", "chat/moderation/m1", "action", "subscribe", "application", "geosector", "moderator", moderator)
		if got := emqxTakes(w.post("/mqtt/acl", body, inJSON)); got != want {
			t.Errorf("moderator %q: EMQX %s", moderator, got)
		}
	}
}

func TestVerneMQGrantsFiltersOneByOne(t *testing.T) {
	w := start(t)
	body := object("username", "alice", "topics", []any{
		map[string]any{"topic": "chat/user/alice/messages", "qos": 2}, map[string]any{"topic": "chat/user/bob/messages", "qos": 1},
	})
	wants(t, w.post("/mqtt/acl", body, "vernemq-hook: auth_on_subscribe"), `{"result":"ok","topics":[
		{"topic":"chat/user/alice/messages","qos":1},{"topic":"chat/user/bob/messages","qos":128}]}`)
	wants(t, w.post("/mqtt/acl", body, "vernemq-hook: auth_on_subscribe_m5"), `{"result":"ok","modifiers":{"topics":[
		{"topic":"chat/user/alice/messages","qos":1},{"topic":"chat/user/bob/messages","qos":135}]}}`)
}

func TestVerneMQBindsTheTopicThatDoesNotSayWhoSpeaks(t *testing.T) {
	w := start(t)
	body := object("username", "alice", "qos", 1, "topic", "chat/message/send", "retain", false)
	wants(t, w.post("/mqtt/acl", body, "vernemq-hook: auth_on_publish"), `{"result":"ok","modifiers":{"topic":"chat/user/alice/send"}}`)
}

// Sessions go by client ids, and VerneMQ does not ask whose one was.
func TestVerneMQKeepsTheSessionsOfUsersApart(t *testing.T) {
	w := start(t)
	for _, hook := range []string{"auth_on_register", "auth_on_register_m5"} {
		body := object("username", "alice", "client_id", "phone", "mountpoint", "shops", "password", token(t, "geosector", "alice", "1"))
		wants(t, w.post("/mqtt/auth", body, "vernemq-hook: "+hook), `{"result":"ok","modifiers":{"client_id":"alice|phone","mountpoint":"shops"}}`)
		refused := object("username", "alice", "client_id", "phone", "mountpoint", "", "password", "a guess")
		wants(t, w.post("/mqtt/auth", refused, "vernemq-hook: "+hook), `{"result":{"error":"not_allowed"}}`)
	}
}

// VerneMQ keeps what it may for good: so only what is asked again and again, and depends on nobody's membership.
func TestVerneMQRemembersPublishingOnly(t *testing.T) {
	w := start(t)
	for hook, body := range map[string]string{
		"auth_on_register":  object("username", "alice", "password", token(t, "geosector", "alice", "1")),
		"auth_on_subscribe": object("username", "alice", "topics", []any{map[string]any{"topic": "chat/conversation/" + group, "qos": 1}}),
		"auth_on_publish":   object("username", "alice", "topic", "chat/user/alice/send", "qos", 1),
	} {
		path, want := "/mqtt/acl", "no-store"
		switch hook {
		case "auth_on_register":
			path = "/mqtt/auth"
		case "auth_on_publish":
			want = "max-age=60"
		}
		rec := w.post(path, body, "vernemq-hook: "+hook)
		if got := rec.Header().Get("Cache-Control"); got != want || verneMQTakes(rec) != "lets" {
			t.Errorf("%s: Cache-Control %q, and it %s", hook, got, verneMQTakes(rec))
		}
	}
	refused := w.post("/mqtt/acl", object("username", "alice", "topic", "chat/user/bob/send"), "vernemq-hook: auth_on_publish")
	if got := refused.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("a refusal: %q", got)
	}
}

func TestNanoMQAsksForAllFiltersOfASubscribeAtOnce(t *testing.T) {
	w := start(t)
	for topics, want := range map[string]string{
		"chat/user/alice/messages,chat/user/alice/acks": "lets",
		"chat/user/alice/messages,chat/user/bob/acks":   "denies",
		"chat/user/alice/messages,":                     "denies",
	} {
		if got := statusTakes(w.post("/mqtt/acl", form("username", "alice", "access", "1", "topic", topics), asForm)); got != want {
			t.Errorf("%s: NanoMQ %s", topics, got)
		}
	}
}

func TestATokenThatComesWithEachQuestionSaysWhoAsks(t *testing.T) {
	w := start(t, twoApplications)
	rita, alice := token(t, "resalice", "rita", "1"), token(t, "geosector", "alice", "2")
	for name, tt := range map[string]struct{ username, password, topic, want string }{
		"their own":               {"rita", rita, "resalice/user/rita/messages", "lets"},
		"the other application's": {"rita", rita, "chat/user/rita/messages", "denies"},
		"under another's name":    {"bob", rita, "resalice/user/bob/messages", "denies"},
		"no token":                {"rita", "-", "resalice/user/rita/messages", "denies"},
		"a moderator":             {"alice", alice, "chat/moderation/m1", "lets"},
	} {
		body := form("username", tt.username, "password", tt.password, "access", "1", "topic", tt.topic)
		if got := statusTakes(w.post("/mqtt/acl", body, asForm)); got != tt.want {
			t.Errorf("%s: NanoMQ %s", name, got)
		}
	}
}

func TestMosquittoAsksForEachDelivery(t *testing.T) {
	w := start(t)
	for name, tt := range map[string]struct {
		topic string
		acc   int
		want  string
	}{
		"reading what one is in":   {"chat/conversation/" + group, 1, "lets"},
		"reading what one is not":  {"chat/conversation/" + elsewhat, 1, "denies"},
		"reading and writing both": {"chat/user/alice/messages", 3, "denies"},
		"unsubscribing anything":   {"chat/conversation/" + elsewhat, 8, "lets"},
		"nothing":                  {"chat/user/alice/messages", 0, "denies"},
		"something new":            {"chat/user/alice/messages", 17, "denies"},
	} {
		if got := statusTakes(w.post("/mqtt/acl", goAuthAsks("alice", tt.topic, tt.acc), inJSON)); got != tt.want {
			t.Errorf("%s: Mosquitto %s", name, got)
		}
	}
}

// mosquitto-go-auth remembers refusals, but not answers of a server in trouble.
func TestMosquittoIsToldToAskAgainWhileNothingIsKnown(t *testing.T) {
	w := start(t)
	w.members.setCheck(func(context.Context) error { return errDown })
	if rec := w.post("/mqtt/acl", goAuthAsks("alice", "chat/conversation/"+group, 4), inJSON); rec.Code != 503 {
		t.Errorf("HTTP %d", rec.Code)
	}
	w.members.setCheck(nil)
	if rec := w.post("/mqtt/acl", goAuthAsks("alice", "chat/conversation/"+elsewhat, 4), inJSON); rec.Code != 403 {
		t.Errorf("HTTP %d for a refusal", rec.Code)
	}
}
