package testenv_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
)

// Rubbish at each door: a clear answer, nothing stored, and the server goes on.

func TestRubbishByMQTT(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	alice, bob := env.Person(t, "alice"), env.Person(t, "bob")
	c := pair(t, alice, bob)
	send := "chat/user/alice/send"

	for name, tt := range map[string]struct {
		payload any
		reasons []string
	}{
		"not JSON":                    {`{"conversationId": `, []string{"MALFORMED_BODY"}},
		"a list":                      {`[1, 2]`, []string{"MALFORMED_BODY"}},
		"invalid UTF-8":               {[]byte("{\"conversationId\":\"" + c + "\",\"content\":\"\xff\xfe\"}"), []string{"MALFORMED_BODY", "INVALID_ARGUMENT"}},
		"an unknown field":            {`{"conversationId":"` + c + `","content":"x","colour":"red"}`, []string{"MALFORMED_BODY", "INVALID_ARGUMENT"}},
		"a wrong type":                {`{"conversationId":"` + c + `","content":{"a":1}}`, []string{"MALFORMED_BODY", "INVALID_ARGUMENT"}},
		"a wrong word":                {`{"conversationId":"` + c + `","content":"x","contentType":"video"}`, []string{"MALFORMED_BODY", "INVALID_ARGUMENT"}},
		"no conversation":             {`{"content":"x"}`, []string{"INVALID_ARGUMENT"}},
		"a conversation that is none": {`{"conversationId":"../../etc","content":"x"}`, []string{"INVALID_ARGUMENT"}},
		"one that does not exist":     {`{"conversationId":"0190a3f0-7c5e-7cc3-8a3e-0123456789ab","content":"x"}`, []string{"NOT_FOUND"}},
		"nothing to say":              {`{"conversationId":"` + c + `","content":"  "}`, []string{"EMPTY_MESSAGE"}},
		"a zero character":            {`{"conversationId":"` + c + `","content":"a\u0000b"}`, []string{"INVALID_ARGUMENT"}},
		"more than 8,000":             {`{"conversationId":"` + c + `","content":"` + strings.Repeat("x", 8001) + `"}`, []string{"INVALID_ARGUMENT"}},
		"more than 16 KiB":            {`{"conversationId":"` + c + `","content":"` + strings.Repeat("x", 20_000) + `"}`, []string{"PAYLOAD_TOO_LARGE"}},
	} {
		t.Run(name, func(t *testing.T) {
			alice.Publishes(send, tt.payload)
			// The answer is a refusal of a send or, where not even that can be read, of an uplink: both have error.reason.
			ack := new(chatv1.SendAck)
			text := alice.Hears("chat/user/alice/acks")
			if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, ack); err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			for _, reason := range tt.reasons {
				if ack.GetRefusal().GetReason() == reason && !ack.GetRefusal().GetRetryable() && ack.GetRefusal().GetMessage() != "" {
					return
				}
			}
			t.Errorf("the answer is %s, want one of %v", text, tt.reasons)
		})
	}
	for _, verb := range []string{"receipts", "sync", "typing"} {
		alice.Publishes("chat/user/alice/"+verb, `{"what": `)
		if text := alice.Hears("chat/user/alice/acks"); !strings.Contains(string(text), "MALFORMED_BODY") {
			t.Errorf("rubbish on %s is answered %s", verb, text)
		}
	}
	for _, filter := range []string{"#", "chat/#", "chat/user/+/messages", "$SYS/#", "chat/user/bob/messages", "resalice/user/alice/messages", "chat/conversation/+"} {
		if alice.MayListen(filter) {
			t.Errorf("alice may listen to %s", filter)
		}
	}
	if ack := alice.Sends(c, "toujours là"); ack.GetSeq() != 1 {
		t.Errorf("after all that a message is answered %v", ack)
	}
	if got := contents(history(t, bob, c, "")); len(got) != 1 {
		t.Errorf("history is %q", got)
	}
}

func TestThreeHundredKilobytesByMQTTEndTheConnectionOnly(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	alice, bob := env.Person(t, "alice"), env.Person(t, "bob")
	c := pair(t, alice, bob)
	mallory := env.Person(t, "mallory")
	mallory.Throws("chat/user/mallory/send", strings.Repeat("x", 300_000))
	if ack := alice.Sends(c, "toujours là"); ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("alice is answered %v", ack)
	}
}

func TestRubbishByREST(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	alice, bob := env.NewPerson(t, "alice"), env.NewPerson(t, "bob")
	c := pair(t, alice, bob)
	const base = "/api/chat/conversations"
	for name, tt := range map[string]struct {
		method, path string
		body         any
		status       int
		reason       string
	}{
		"not JSON":                  {http.MethodPost, base, `{"type": `, 400, "MALFORMED_BODY"},
		"an unknown field":          {http.MethodPost, base, `{"type":"group","colour":"red"}`, 400, ""},
		"a wrong type":              {http.MethodPost, base, `{"type":"group","title":{}}`, 400, ""},
		"a wrong word":              {http.MethodPost, base, `{"type":"party"}`, 400, ""},
		"invalid UTF-8":             {http.MethodPost, base, []byte("{\"type\":\"group\",\"title\":\"\xff\"}"), 400, ""},
		"300 kB":                    {http.MethodPut, base + "/" + c, `{"title":"` + strings.Repeat("x", 300_000) + `"}`, 413, "PAYLOAD_TOO_LARGE"},
		"an id that is none":        {http.MethodGet, base + "/nothing", nil, 400, "INVALID_ARGUMENT"},
		"an id of nothing":          {http.MethodGet, base + "/0190a3f0-7c5e-7cc3-8a3e-0123456789ab", nil, 404, "NOT_FOUND"},
		"a limit that is no number": {http.MethodGet, base + "?limit=many", nil, 400, "INVALID_ARGUMENT"},
		"a limit beyond":            {http.MethodGet, base + "?limit=201", nil, 400, "INVALID_ARGUMENT"},
		"an unknown parameter":      {http.MethodGet, base + "?colour=red", nil, 400, "INVALID_ARGUMENT"},
		"a page token that is none": {http.MethodGet, base + "?pageToken=x", nil, 400, "INVALID_CURSOR"},
		"sending":                   {http.MethodPost, base + "/" + c + "/messages", `{"content":"x"}`, 405, ""},
		"an unknown path":           {http.MethodGet, "/api/chat/nothing", nil, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			answer := alice.Calls(tt.method, tt.path, tt.body)
			if answer.Status != tt.status || (tt.reason != "" && answer.Reason(t) != tt.reason) {
				t.Errorf("HTTP %d: %s, want %d %s", answer.Status, answer.Body, tt.status, tt.reason)
			}
		})
	}
	for name, header := range map[string]http.Header{
		"nobody":         {},
		"a forged token": {"Authorization": {"Bearer " + alice.Token[:len(alice.Token)-4] + "AAAA"}},
		"an unknown key": {"X-Api-Key": {"nobody's key, of more than sixteen"}},
		"not a bearer":   {"Authorization": {"Basic YWxpY2U6eA=="}},
	} {
		if answer := env.Call(t, http.MethodGet, base, nil, header); answer.Status != http.StatusUnauthorized {
			t.Errorf("%s is answered HTTP %d: %s", name, answer.Status, answer.Body)
		}
	}
	if got := alice.Calls(http.MethodGet, base, nil).JSON(t)["conversations"].([]any); len(got) != 1 {
		t.Errorf("after all that alice has %v", got)
	}
}

func TestTheDirectoryIsTheBackEnds(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	users := map[string]any{"users": []any{map[string]any{"userId": "alice", "name": "Alice Martin", "role": "2", "entityId": "asso-1"}}}
	for range 2 {
		if answer := env.Back(t, http.MethodPut, "/api/chat/directory/users", users); answer.Status != http.StatusOK {
			t.Fatalf("HTTP %d: %s", answer.Status, answer.Body)
		}
	}
	list := env.Back(t, http.MethodGet, "/api/chat/directory/users", nil).JSON(t)["users"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["name"] != "Alice Martin" {
		t.Errorf("the directory is %v", list)
	}
	if answer := env.NewPerson(t, "alice").Calls(http.MethodPut, "/api/chat/directory/users", users); answer.Status != http.StatusForbidden {
		t.Errorf("alice writes the directory: HTTP %d", answer.Status)
	}
	mine := env.Call(t, http.MethodGet, "/api/chat/conversations", nil, http.Header{"X-Api-Key": {testenv.APIKey}, "X-Palabre-User": {"alice"}})
	if mine.Status != http.StatusOK {
		t.Errorf("the back end does not act for alice: HTTP %d: %s", mine.Status, mine.Body)
	}
}

func TestTheDirectoryKnowsUsersFromTheirFirstCallOn(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	alice := env.NewPerson(t, "alice")
	known := func() map[string]any {
		t.Helper()
		list, _ := env.Back(t, http.MethodGet, "/api/chat/directory/users", nil).JSON(t)["users"].([]any)
		if len(list) != 1 {
			t.Fatalf("the directory is %v", list)
		}
		return list[0].(map[string]any)
	}
	alice.Calls(http.MethodGet, "/api/chat/conversations", nil)
	if u := known(); u["userId"] != "alice" || u["name"] != "Name of alice" || u["role"] != "1" || u["entityId"] != "asso-1" {
		t.Errorf("of alice is known %v", u)
	}
	alice.Token = testenv.TokenOf(t, testenv.App, "alice", "2", "asso-2")
	alice.Calls(http.MethodGet, "/api/chat/conversations", nil)
	if u := known(); u["role"] != "2" || u["entityId"] != "asso-2" {
		t.Errorf("after a new token of alice is known %v", u)
	}
	told := map[string]any{"users": []any{map[string]any{"userId": "alice", "name": "Alice Martin", "role": "1", "entityId": "asso-1"}}}
	if answer := env.Back(t, http.MethodPut, "/api/chat/directory/users", told); answer.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", answer.Status, answer.Body)
	}
	alice.Token = testenv.TokenOf(t, testenv.App, "alice", "9", "asso-9")
	alice.Calls(http.MethodGet, "/api/chat/conversations", nil)
	if u := known(); u["name"] != "Alice Martin" || u["role"] != "1" || u["entityId"] != "asso-1" {
		t.Errorf("what the host told of alice is no more than %v", u)
	}
}

func TestGRPCFromOutside(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	conn, err := grpc.NewClient(env.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	chat := chatv1.NewChatServiceClient(conn)
	alice := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+testenv.Token(t, testenv.App, "alice"))

	for _, service := range []string{"", "palabre.chat.v1.ChatService", "palabre.moderation.v1.ModerationService", "palabre.audience.v1.AudienceService"} {
		answer, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil || answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("health of %q is %v, %v", service, answer, err)
		}
	}
	reflection, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err == nil {
		err = reflection.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	}
	if err == nil {
		_, err = reflection.Recv()
	}
	if err != nil {
		t.Errorf("reflection: %v", err)
	}

	c, err := chat.CreateConversation(alice, &chatv1.CreateConversationRequest{
		Type: chatv1.Conversation_one_to_one, Participants: []*chatv1.NewParticipant{{UserId: "bob"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	bob := env.Person(t, "bob")
	m, err := chat.SendMessage(alice, &chatv1.SendMessageRequest{ConversationId: c.GetId(), Content: "par gRPC"})
	if err != nil {
		t.Fatal(err)
	}
	if got := bob.Receives("message.created").GetMessage(); got.GetId() != m.GetId() {
		t.Errorf("bob received %v", got)
	}

	refusals := map[string]func() error{
		"Unauthenticated":    func() error { return sendAs(t.Context(), chat, c.GetId(), "x") },
		"InvalidArgument":    func() error { return sendAs(alice, chat, c.GetId(), strings.Repeat("x", 300_000)) },
		"NotFound":           func() error { return sendAs(alice, chat, "0190a3f0-7c5e-7cc3-8a3e-0123456789ab", "x") },
		"FailedPrecondition": func() error { return sendAs(alice, chat, c.GetId(), testenv.BadWord) },
		"PermissionDenied": func() error {
			_, err := chat.AcknowledgeEvents(alice, &chatv1.AcknowledgeEventsRequest{Consumer: "mqtt", Cursor: "x"})
			return err
		},
	}
	for code, call := range refusals {
		if err := call(); status.Code(err).String() != code {
			t.Errorf("want %s, got %v", code, err)
		}
	}
	// A component's word is believed with the deployment's secret only.
	forged := metadata.AppendToOutgoingContext(t.Context(), "x-palabre-principal", testenv.Token(t, testenv.App, "alice"))
	if err := sendAs(forged, chat, c.GetId(), "x"); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a forged principal is answered %v", err)
	}
}

func sendAs(ctx context.Context, chat chatv1.ChatServiceClient, conversation, content string) error {
	_, err := chat.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: conversation, Content: content})
	return err
}

func TestPagesForOperators(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	for path, want := range map[string]string{
		"/":             "Palabre",
		"/healthz":      "",
		"/readyz":       "database",
		"/openapi.json": "/api/chat/conversations/{conversationId}/messages",
		"/metrics":      "palabre_rpc_requests_total",
	} {
		answer := env.Call(t, http.MethodGet, path, nil, nil)
		if answer.Status != http.StatusOK || !strings.Contains(string(answer.Body), want) {
			t.Errorf("%s: HTTP %d without %q: %.300s", path, answer.Status, want, answer.Body)
		}
	}
}

func TestMQTTOverWebSocket(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	socket := *env
	socket.MQTT, socket.TLS = "ws"+strings.TrimPrefix(env.REST, "http")+"/mqtt", &tls.Config{MinVersion: tls.VersionTLS12}
	alice, bob := socket.Person(t, "alice"), env.Person(t, "bob")
	c := pair(t, alice, bob)
	alice.Sends(c, "par WebSocket")
	if got := bob.Receives("message.created").GetMessage().GetContent(); got != "par WebSocket" {
		t.Errorf("bob received %q", got)
	}
}

func TestTheOlderFormOfSending(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	alice, bob, mallory := env.Person(t, "alice"), env.Person(t, "bob"), env.Person(t, "mallory")
	c := pair(t, alice, bob)
	payload := fmt.Sprintf(`{"conversationId":"%s","content":"forme ancienne","senderId":"alice","timestamp":"2026-11-23T10:00:00Z"}`, c)
	mallory.Publishes("chat/message/send", payload)
	alice.Publishes("chat/message/send", payload)
	if ack := alice.Ack(); ack.GetStatus() != chatv1.SendAck_sent || ack.GetDuplicate() {
		t.Errorf("alice is answered %v", ack)
	}
	if got := bob.Receives("message.created").GetMessage(); got.GetSenderId() != "alice" {
		t.Errorf("bob received %v", got)
	}
	if ack := mallory.Ack(); ack.GetRefusal().GetReason() != "SENDER_MISMATCH" {
		t.Errorf("mallory is answered %v", ack)
	}
	if got := history(t, alice, c, ""); len(got) != 1 {
		t.Errorf("history is %v", got)
	}
}

func TestTheDirectoryKnowsUsersWhoOnlyConnectByMQTT(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	env.Person(t, "bob")
	list, _ := env.Back(t, http.MethodGet, "/api/chat/directory/users", nil).JSON(t)["users"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["userId"] != "bob" || list[0].(map[string]any)["entityId"] != "asso-1" {
		t.Errorf("the directory is %v", list)
	}
}
