package testenv_test

import (
	"net/http"

	"github.com/palabre/palabre/internal/testenv"
)

var messageRows = rows{
	// The history.
	{bob, "GET /api/chat/conversations/{group}/messages", "", answers("{aliceMessage}", "{bobMessage}", "Bonjour", `"status":"sent"`)},
	{bob, "GET /api/chat/conversations/{group}/messages?page=1&limit=1", "", answers("{bobMessage}", `"nextPageToken":"`)},
	{bob, "GET /api/chat/conversations/{group}/messages?afterSeq=1", "", answers("{bobMessage}")},
	{bob, "GET /api/chat/conversations/{group}/messages?afterSeq=1", "", lacks("{aliceMessage}")},
	{bob, "GET /api/chat/conversations/{group}/messages?before_seq=2", "", lacks("{bobMessage}")},
	{backEnd, "GET /api/chat/conversations/{group}/messages", "", answers("{aliceMessage}")},
	{nobody, "GET /api/chat/conversations/{group}/messages", "", needsToken},
	{carol, "GET /api/chat/conversations/{group}/messages", "", unknown},
	{aliceElsewhere, "GET /api/chat/conversations/{group}/messages", "", unknown},
	{bob, "GET /api/chat/conversations/{group}/messages?limit=201", "", invalid("limit")},
	{bob, "GET /api/chat/conversations/{group}/messages?page=1&afterSeq=1", "", invalid("page")},
	{bob, "GET /api/chat/conversations/{group}/messages?afterSeq=-1", "", invalid("afterSeq")},
	{bob, "GET /api/chat/conversations/{group}/messages?afterSeq=one", "", invalid("afterSeq")},
	{bob, "GET /api/chat/conversations/{group}/messages?pageToken=x", "", invalidCursor("pageToken")},
	{bob, "POST /api/chat/conversations/{group}/messages", `{"content":"x"}`, want{status: http.StatusMethodNotAllowed, reason: "UNIMPLEMENTED"}},

	// One message.
	{bob, "GET /api/chat/messages/{aliceMessage}", "", answers("{aliceMessage}", `"seq":"1"`)},
	{nobody, "GET /api/chat/messages/{aliceMessage}", "", needsToken},
	{carol, "GET /api/chat/messages/{aliceMessage}", "", unknown},
	{alice, "GET /api/chat/messages/{nothing}", "", unknown},
	{aliceElsewhere, "GET /api/chat/messages/{aliceMessage}", "", unknown},
	{bob, "GET /api/chat/messages/1", "", invalid("id")},

	// Editing, and saying that it was received or read.
	{alice, "PUT /api/chat/messages/{aliceMessage}", `{"content":"Bonsoir"}`, answers("Bonsoir", `"editedAt":"`)},
	{bob, "PUT /api/chat/messages/{aliceMessage}", `{"status":"delivered"}`, answers(`"status":"delivered"`)},
	{bob, "PUT /api/chat/messages/{aliceMessage}", `{"status":"read"}`, answers(`"status":"read"`, `"readAt":"`)},
	{nobody, "PUT /api/chat/messages/{aliceMessage}", `{"status":"read"}`, needsToken},
	{bob, "PUT /api/chat/messages/{aliceMessage}", `{"content":"Autre chose"}`, notAllowed},
	{carol, "PUT /api/chat/messages/{aliceMessage}", `{"status":"read"}`, unknown},
	{aliceElsewhere, "PUT /api/chat/messages/{aliceMessage}", `{"content":"Autre chose"}`, unknown},
	{alice, "PUT /api/chat/messages/{aliceMessage}", `{"content":"` + testenv.BadWord + `"}`, want{status: http.StatusConflict, reason: "MESSAGE_REJECTED", field: "content"}},
	{alice, "PUT /api/chat/messages/{aliceMessage}", `{}`, invalid("content")},
	{alice, "PUT /api/chat/messages/{aliceMessage}", `{"content":" "}`, invalid("content")},
	{alice, "PUT /api/chat/messages/{aliceMessage}", `{"status":"sent"}`, invalid("status")},

	// Who changed it.
	{bob, "GET /api/chat/messages/{bobMessage}/changes", "", answers(`"action":"edited"`, `"userId":"{bob}"`)},
	{alice, "GET /api/chat/messages/{aliceMessage}/changes", "", answers(`"changes":[]`)},
	{nobody, "GET /api/chat/messages/{bobMessage}/changes", "", needsToken},
	{carol, "GET /api/chat/messages/{bobMessage}/changes", "", unknown},
	{aliceElsewhere, "GET /api/chat/messages/{bobMessage}/changes", "", unknown},
	{bob, "GET /api/chat/messages/1/changes", "", invalid("id")},

	// Deleting.
	{alice, "DELETE /api/chat/messages/{aliceMessage}", "", succeeds},
	{alice, "DELETE /api/chat/messages/{bobMessage}", "", succeeds}, // she is the group's admin
	{nobody, "DELETE /api/chat/messages/{aliceMessage}", "", needsToken},
	{bob, "DELETE /api/chat/messages/{aliceMessage}", "", notAllowed},
	{carol, "DELETE /api/chat/messages/{aliceMessage}", "", unknown},
	{aliceElsewhere, "DELETE /api/chat/messages/{aliceMessage}", "", unknown},
	{alice, "DELETE /api/chat/messages/1", "", invalid("id")},
}

var eventRows = rows{
	{bob, "GET /api/chat/events", "", answers(`"status":"synced"`, `"events":[]`, `"cursor":"`)},
	{bob, "GET /api/chat/events?limit=10", "", answers(`"more":false`)},
	{nobody, "GET /api/chat/events", "", needsToken},
	{backEnd, "GET /api/chat/events", "", notAllowed},
	{aliceElsewhere, "GET /api/chat/events", "", lacks("{group}")},
	{bob, "GET /api/chat/events?limit=201", "", invalid("limit")},
	{bob, "GET /api/chat/events?afterCursor=x", "", invalidCursor("afterCursor")},
}
