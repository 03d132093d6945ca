package testenv_test

import "strings"

var tooLong = strings.Repeat("x", 201)

var conversationRows = rows{
	// Starting.
	{alice, "POST /api/chat/conversations", `{"type":"group","title":"Bureau","participants":[{"userId":"{carol}"}]}`, answers(`"title":"Bureau"`, "{carol}", `"role":"admin"`)},
	{alice, "POST /api/chat/conversations", `{"type":"one_to_one","participants":[{"userId":"{bob}"}]}`, answers("{pair}")},
	{alice, "POST /api/chat/conversations", `{"type":"broadcast","title":"Infos"}`, answers(`"replyPermission":"sender_only"`)},
	{alice, "POST /api/chat/conversations", `{"type":"group","reply_permission":"admins_only","expiryDate":"2099-01-31T08:00:00Z"}`, answers(`"replyPermission":"admins_only"`, `"2099-01-31T08:00:00Z"`)},
	{backEnd, "POST /api/chat/conversations", `{"type":"group","participants":[{"userId":"{bob}","role":"admin"}]}`, answers(`"createdBy":""`)},
	{nobody, "POST /api/chat/conversations", `{"type":"group"}`, needsToken},
	{aliceElsewhere, "POST /api/chat/conversations", `{"type":"one_to_one","participants":[{"userId":"{bob}"}]}`, lacks("{pair}", "geosector")},
	{aliceElsewhere, "POST /api/chat/conversations", `{"type":"group","title":"Bureau"}`, featureDisabled},
	{alice, "POST /api/chat/conversations", `{}`, invalid("type")},
	{alice, "POST /api/chat/conversations", `{"type":"announcement"}`, invalid("type")},
	{alice, "POST /api/chat/conversations", `{"type":"party"}`, invalid("type")},
	{alice, "POST /api/chat/conversations", `{"type":"group","title":"` + tooLong + `"}`, invalid("title")},
	{alice, "POST /api/chat/conversations", `{"type":"group","replyPermission":"some"}`, invalid("replyPermission")},
	{alice, "POST /api/chat/conversations", `{"type":"group","participants":[{"userId":"{bob}"},{"userId":"b o b"}]}`, invalid("participants[1].userId")},
	{alice, "POST /api/chat/conversations", `{"type":"group","participants":[{"userId":"anon:1"}]}`, invalid("participants[0].userId")},
	{alice, "POST /api/chat/conversations", `{"type":"one_to_one","participants":[{"userId":"{bob}"},{"userId":"{carol}"}]}`, invalid("participants")},
	{alice, "POST /api/chat/conversations", `{"type":"group","expiryDate":"tomorrow"}`, invalid("expiryDate")},
	{alice, "POST /api/chat/conversations", `{"type":"group","colour":"red"}`, invalid("colour")},
	{alice, "POST /api/chat/conversations", `{"type":`, malformed},

	// Listing.
	{bob, "GET /api/chat/conversations", "", answers("{group}", "{pair}", `"totalUnread":`, "Bonjour")},
	{bob, "GET /api/chat/conversations?limit=1&types=one_to_one&types=group", "", answers(`"nextPageToken":"`)},
	{bob, "GET /api/chat/conversations?types=group", "", answers("{group}")},
	{bob, "GET /api/chat/conversations?types=group", "", lacks("{pair}")},
	{carol, "GET /api/chat/conversations", "", lacks("{group}", "{pair}")},
	{nobody, "GET /api/chat/conversations", "", needsToken},
	{backEnd, "GET /api/chat/conversations", "", notAllowed},
	{aliceElsewhere, "GET /api/chat/conversations", "", lacks("{group}", "{pair}")},
	{bob, "GET /api/chat/conversations?limit=201", "", invalid("limit")},
	{bob, "GET /api/chat/conversations?limit=-1", "", invalid("limit")},
	{bob, "GET /api/chat/conversations?types=party", "", invalid("types")},
	{bob, "GET /api/chat/conversations?colour=red", "", invalid("colour")},
	{bob, "GET /api/chat/conversations?pageToken=x", "", invalidCursor("pageToken")},

	// Reading one.
	{bob, "GET /api/chat/conversations/{group}", "", answers(`"id":"{group}"`, "{alice}", "{bob}", `"participantCount":2`)},
	{backEnd, "GET /api/chat/conversations/{group}", "", answers(`"id":"{group}"`)},
	{nobody, "GET /api/chat/conversations/{group}", "", needsToken},
	{carol, "GET /api/chat/conversations/{group}", "", unknown},
	{boss, "GET /api/chat/conversations/{group}", "", unknown},
	{alice, "GET /api/chat/conversations/{nothing}", "", unknown},
	{aliceElsewhere, "GET /api/chat/conversations/{group}", "", unknown},
	{backEndElsewhere, "GET /api/chat/conversations/{group}", "", unknown},
	{alice, "GET /api/chat/conversations/group", "", invalid("id")},

	// Changing one.
	{alice, "PUT /api/chat/conversations/{group}", `{"title":"Le bureau","expiryDate":"2099-01-31T08:00:00Z"}`, answers("Le bureau", "2099-01-31T08:00:00Z")},
	{nobody, "PUT /api/chat/conversations/{group}", `{"title":"x"}`, needsToken},
	{bob, "PUT /api/chat/conversations/{group}", `{"title":"x"}`, notAllowed},
	{carol, "PUT /api/chat/conversations/{group}", `{"title":"x"}`, unknown},
	{aliceElsewhere, "PUT /api/chat/conversations/{group}", `{"title":"x"}`, unknown},
	{alice, "PUT /api/chat/conversations/{group}", `{"title":"` + tooLong + `"}`, invalid("title")},
	{alice, "PUT /api/chat/conversations/{group}", `{"expiryDate":7}`, invalid("expiryDate")},

	// Ending one.
	{alice, "DELETE /api/chat/conversations/{group}", "", succeeds},
	{backEnd, "DELETE /api/chat/conversations/{group}", "", succeeds},
	{nobody, "DELETE /api/chat/conversations/{group}", "", needsToken},
	{bob, "DELETE /api/chat/conversations/{group}", "", notAllowed},
	{carol, "DELETE /api/chat/conversations/{group}", "", unknown},
	{aliceElsewhere, "DELETE /api/chat/conversations/{group}", "", unknown},
	{alice, "DELETE /api/chat/conversations/group", "", invalid("id")},

	// Pinning.
	{alice, "PUT /api/chat/conversations/{group}/pin", `{}`, answers(`"isPinned":true`)},
	{alice, "PUT /api/chat/conversations/{group}/pin", `{"isPinned":false}`, answers(`"isPinned":false`)},
	{nobody, "PUT /api/chat/conversations/{group}/pin", `{}`, needsToken},
	{bob, "PUT /api/chat/conversations/{group}/pin", `{}`, notAllowed},
	{carol, "PUT /api/chat/conversations/{group}/pin", `{}`, unknown},
	{aliceElsewhere, "PUT /api/chat/conversations/{group}/pin", `{}`, unknown},
	{alice, "PUT /api/chat/conversations/{group}/pin", `{"isPinned":"yes"}`, invalid("isPinned")},

	// Who may write.
	{alice, "PUT /api/chat/conversations/{group}/reply-permission", `{"replyPermission":"none"}`, answers(`"replyPermission":"none"`)},
	{nobody, "PUT /api/chat/conversations/{group}/reply-permission", `{"replyPermission":"none"}`, needsToken},
	{bob, "PUT /api/chat/conversations/{group}/reply-permission", `{"replyPermission":"all"}`, notAllowed},
	{carol, "PUT /api/chat/conversations/{group}/reply-permission", `{"replyPermission":"all"}`, unknown},
	{aliceElsewhere, "PUT /api/chat/conversations/{group}/reply-permission", `{"replyPermission":"all"}`, unknown},
	{alice, "PUT /api/chat/conversations/{group}/reply-permission", `{}`, invalid("replyPermission")},
}
