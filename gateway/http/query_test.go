package httpgw_test

import (
	"net/http"
	"testing"

	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

func TestTheQueryBecomesTheRequest(t *testing.T) {
	g := newGateway(t)
	for query, want := range map[string]proto.Message{
		"/messages?page=2&limit=50":        &chatv1.ListMessagesRequest{ConversationId: "c1", Page: 2, Limit: 50},
		"/messages?afterSeq=0":             &chatv1.ListMessagesRequest{ConversationId: "c1", AfterSeq: proto.Int64(0)},
		"/messages?before_seq=9&pageToken": &chatv1.ListMessagesRequest{ConversationId: "c1", BeforeSeq: proto.Int64(9)},
		"/participants?pageToken=%C3%A9":   &chatv1.ListParticipantsRequest{ConversationId: "c1", PageToken: "é"},
	} {
		if a := g.do(t, "GET", "/api/chat/conversations/c1"+query, ""); a.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d %s", query, a.StatusCode, a.body)
			continue
		}
		if got := g.peer.last(t).request; !proto.Equal(got, want) {
			t.Errorf("%s: the service got %v", query, got)
		}
	}
	g.do(t, "GET", "/api/chat/conversations?types=group&types=broadcast", "")
	want := &chatv1.ListConversationsRequest{Types: []chatv1.Conversation_Type{chatv1.Conversation_group, chatv1.Conversation_broadcast}}
	if got := g.peer.last(t).request; !proto.Equal(got, want) {
		t.Errorf("the service got %v", got)
	}
}

func TestABadParameterIsNamed(t *testing.T) {
	g := newGateway(t)
	const messages = "/api/chat/conversations/c1/messages"
	for _, c := range []struct{ method, url, name, description string }{
		{"GET", messages + "?limt=5", "limt", "is not a parameter of this path"},
		{"GET", messages + "?conversationId=c2", "conversationId", "is not a parameter of this path"},
		{"GET", messages + "?conversation_id=c2", "conversation_id", "is not a parameter of this path"},
		{"GET", messages + "?limit.x=5", "limit.x", "is not a parameter of this path"},
		{"GET", messages + "?limit[5]=5", "limit[5]", "is not a parameter of this path"},
		{"GET", messages + "?limit=five", "limit", "must be a whole number in range"},
		{"GET", messages + "?limit=", "limit", "must be a whole number in range"},
		{"GET", messages + "?limit=1e3", "limit", "must be a whole number in range"},
		{"GET", messages + "?afterSeq=9223372036854775808", "afterSeq", "must be a whole number in range"},
		{"GET", messages + "?limit=5&limit=6", "limit", "is given twice"},
		{"GET", messages + "?pageToken=a&page_token=b", "page_token", "is given twice"},
		{"GET", messages + "?pageToken=%ff", "pageToken", "must be a string of Unicode characters"},
		{"GET", messages + "?%ff=1", "\uFFFD", "is not a parameter of this path"},
		{"GET", "/api/chat/conversations?types=Group", "types", "must be one of one_to_one, group, anonymous, broadcast, announcement"},
		{"GET", "/api/chat/notifications?unreadOnly=oui", "unreadOnly", "must be true or false"},
		{"GET", "/api/chat/audience-targets?limit=1", "limit", "is not a parameter of this path"},
		{"POST", "/api/chat/conversations?title=x", "title", "is not a parameter of this path"},
		{"PUT", "/api/chat/moderation/rules?rules=x", "rules", "is not a parameter of this path"},
		{"DELETE", "/api/chat/conversations/c1?force=true", "force", "is not a parameter of this path"},
	} {
		p := g.do(t, c.method, c.url, "").wants(t, http.StatusBadRequest, "INVALID_ARGUMENT")
		if got := p.Fields[c.name]; got != c.description {
			t.Errorf("%s: fields %q, want %s: %s", c.url, p.Fields, c.name, c.description)
		}
	}
	g.do(t, "GET", messages+"?limit=%zz", "").wants(t, http.StatusBadRequest, "MALFORMED_BODY")
	g.do(t, "GET", "/api/chat/conversations/%ff", "").wants(t, http.StatusBadRequest, "MALFORMED_BODY")
	if g.peer.count() > 0 {
		t.Error("a bad request came to the service")
	}
}
