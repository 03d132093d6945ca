package testenv_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
)

// teller tells stories on one server.
type teller struct {
	env  *testenv.Env
	chat chatv1.ChatServiceClient
}

func newTeller(t *testing.T) *teller {
	t.Helper()
	c := testenv.Config(t)
	other := c.Applications[testenv.Other]
	other.Auth.APIKeys = []string{apiKeyElsewhere}
	c.Applications[testenv.Other] = other
	env := testenv.Start(t, c)
	conn, err := grpc.NewClient(env.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &teller{env, chatv1.NewChatServiceClient(conn)}
}

// story is what a row finds: alice and bob in a group and in a pair, and a message of each in the group.
type story struct {
	*teller
	t     *testing.T
	names *strings.Replacer
	users map[caller]string
	// secrets are what nobody elsewhere may be told.
	secrets []string
}

// tell begins a story with people whom no other knows.
func (e *teller) tell(t *testing.T) *story {
	t.Helper()
	s := &story{teller: e, t: t, users: map[caller]string{}}
	for _, c := range []caller{alice, bob, carol, boss} {
		s.users[c] = unique(string(c))
		s.users[c.elsewhere()] = s.users[c]
	}
	settled := e.env.Back(t, http.MethodPut, "/api/chat/directory/users", map[string]any{"users": []any{
		map[string]any{"userId": s.users[bob], "name": "Bob", "role": "1", "entityId": "asso-1"},
	}})
	if settled.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", settled.Status, settled.Body)
	}
	a, b := e.env.NewPerson(t, s.users[alice]), e.env.NewPerson(t, s.users[bob])
	c := group(t, a, b.ID)
	names := []string{"{group}", c.GetId(), "{pair}", pair(t, a, b)}
	for _, p := range c.GetParticipants() {
		names = append(names, map[string]string{a.ID: "{aliceThere}", b.ID: "{bobThere}"}[p.GetUserId()], p.GetId())
	}
	names = append(names, "{aliceMessage}", e.says(t, a, c), "{bobMessage}", e.says(t, b, c))
	for i := 1; i < len(names); i += 2 {
		s.secrets = append(s.secrets, names[i])
	}
	names = append(names, "{nothing}", "0190a3f0-7c5e-7cc3-8a3e-0123456789ab")
	for _, c := range []caller{alice, bob, carol, boss} {
		names = append(names, "{"+string(c)+"}", s.users[c])
	}
	s.names = strings.NewReplacer(names...)
	return s
}

// in is the same story, told to a test within.
func (s *story) in(t *testing.T) *story {
	same := *s
	same.t = t
	return &same
}

// says sends a message, and answers its id.
func (e *teller) says(t *testing.T, p *testenv.Person, to *chatv1.Conversation) string {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(context.WithoutCancel(t.Context()), "authorization", "Bearer "+p.Token)
	m, err := e.chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: to.GetId(), Content: "Bonjour"})
	if err != nil {
		t.Fatal(err)
	}
	return m.GetId()
}

// calls makes a call as one of the story.
func (s *story) calls(as caller, call, body string) testenv.Answer {
	s.t.Helper()
	method, path, _ := strings.Cut(s.names.Replace(call), " ")
	var content any
	if body != "" {
		content = s.names.Replace(body)
	}
	return s.env.Call(s.t, method, path, content, s.credentials(as))
}

// seen is what alice and the back end see.
func (s *story) seen() string {
	s.t.Helper()
	var all strings.Builder
	for _, r := range []row{
		{as: alice, call: "GET /api/chat/conversations"},
		{as: alice, call: "GET /api/chat/conversations/{group}"},
		{as: alice, call: "GET /api/chat/conversations/{group}/messages"},
		{as: alice, call: "GET /api/chat/conversations/{group}/participants"},
		{as: backEnd, call: "GET /api/chat/directory/users?userIds={bob}"},
		{as: backEnd, call: "GET /api/chat/moderation/rules"},
	} {
		answer := s.calls(r.as, r.call, "")
		if answer.Status != http.StatusOK {
			s.t.Fatalf("%s: HTTP %d: %s", r.call, answer.Status, answer.Body)
		}
		all.Write(answer.Body)
	}
	return all.String()
}

const apiKeyElsewhere = "test-api-key-of-resalice-0123456789"

// credentials are the headers that say who calls.
func (s *story) credentials(as caller) http.Header {
	switch as {
	case nobody:
		return http.Header{}
	case backEnd:
		return http.Header{"X-Api-Key": {testenv.APIKey}}
	case backEndElsewhere:
		return http.Header{"X-Api-Key": {apiKeyElsewhere}}
	}
	application, role := testenv.App, "1"
	if as.isElsewhere() {
		application = testenv.Other
	}
	if as == boss || as == bossElsewhere {
		role = "2"
	}
	return http.Header{"Authorization": {"Bearer " + testenv.TokenOf(s.t, application, s.users[as], role, "asso-1")}}
}
