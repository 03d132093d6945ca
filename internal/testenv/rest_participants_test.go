package testenv_test

var participantRows = rows{
	// Listing.
	{bob, "GET /api/chat/conversations/{group}/participants", "", answers("{alice}", "{bob}", `"name":"Bob"`)},
	{bob, "GET /api/chat/conversations/{group}/participants?limit=1", "", answers(`"nextPageToken":"`)},
	{nobody, "GET /api/chat/conversations/{group}/participants", "", needsToken},
	{carol, "GET /api/chat/conversations/{group}/participants", "", unknown},
	{aliceElsewhere, "GET /api/chat/conversations/{group}/participants", "", unknown},
	{bob, "GET /api/chat/conversations/{group}/participants?limit=1001", "", invalid("limit")},
	{bob, "GET /api/chat/conversations/group/participants", "", invalid("conversationId")},
	{bob, "GET /api/chat/conversations/{group}/participants?pageToken=x", "", invalidCursor("pageToken")},

	// Bringing someone in.
	{alice, "POST /api/chat/conversations/{group}/participants", `{"userId":"{carol}","role":"read_only"}`, answers("{carol}", `"role":"read_only"`)},
	{alice, "POST /api/chat/conversations/{group}/participants", `{"userId":"{bob}","role":"admin"}`, answers("{bobThere}", `"role":"member"`)},
	{backEnd, "POST /api/chat/conversations/{group}/participants", `{"userId":"{carol}","canReply":false}`, answers(`"canReply":false`)},
	{nobody, "POST /api/chat/conversations/{group}/participants", `{"userId":"{carol}"}`, needsToken},
	{bob, "POST /api/chat/conversations/{group}/participants", `{"userId":"{carol}"}`, notAllowed},
	{carol, "POST /api/chat/conversations/{group}/participants", `{"userId":"{carol}"}`, unknown},
	{aliceElsewhere, "POST /api/chat/conversations/{group}/participants", `{"userId":"{carol}"}`, unknown},
	{backEnd, "POST /api/chat/conversations/{pair}/participants", `{"userId":"{carol}"}`, conflict("NOT_ALLOWED")},
	{alice, "POST /api/chat/conversations/{group}/participants", `{}`, invalid("userId")},
	{alice, "POST /api/chat/conversations/{group}/participants", `{"userId":"anon:1"}`, invalid("userId")},
	{alice, "POST /api/chat/conversations/{group}/participants", `{"userId":"{carol}","role":"owner"}`, invalid("role")},

	// Changing what someone may do.
	{alice, "PUT /api/chat/conversations/{group}/participants/{bobThere}", `{"role":"admin","canReply":true}`, answers(`"role":"admin"`, `"canReply":true`)},
	{nobody, "PUT /api/chat/conversations/{group}/participants/{bobThere}", `{"role":"admin"}`, needsToken},
	{bob, "PUT /api/chat/conversations/{group}/participants/{bobThere}", `{"role":"admin"}`, notAllowed},
	{carol, "PUT /api/chat/conversations/{group}/participants/{bobThere}", `{"role":"admin"}`, unknown},
	{alice, "PUT /api/chat/conversations/{group}/participants/{nothing}", `{"role":"admin"}`, unknown},
	{aliceElsewhere, "PUT /api/chat/conversations/{group}/participants/{bobThere}", `{"role":"admin"}`, unknown},
	{alice, "PUT /api/chat/conversations/{group}/participants/{aliceThere}", `{"role":"member"}`, conflict("LAST_ADMIN")},
	{alice, "PUT /api/chat/conversations/{group}/participants/bob", `{"role":"member"}`, invalid("participantId")},
	{alice, "PUT /api/chat/conversations/{group}/participants/{bobThere}", `{"role":"owner"}`, invalid("role")},

	// Taking someone out, and leaving.
	{alice, "DELETE /api/chat/conversations/{group}/participants/{bobThere}", "", succeeds},
	{bob, "DELETE /api/chat/conversations/{group}/participants/{bobThere}", "", succeeds},
	{nobody, "DELETE /api/chat/conversations/{group}/participants/{bobThere}", "", needsToken},
	{bob, "DELETE /api/chat/conversations/{group}/participants/{aliceThere}", "", notAllowed},
	{carol, "DELETE /api/chat/conversations/{group}/participants/{bobThere}", "", unknown},
	{alice, "DELETE /api/chat/conversations/{group}/participants/{nothing}", "", unknown},
	{aliceElsewhere, "DELETE /api/chat/conversations/{group}/participants/{bobThere}", "", unknown},
	{alice, "DELETE /api/chat/conversations/{group}/participants/{aliceThere}", "", conflict("LAST_ADMIN")},
	{alice, "DELETE /api/chat/conversations/{group}/participants/bob", "", invalid("participantId")},
}
